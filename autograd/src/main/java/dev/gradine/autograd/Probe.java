package dev.gradine.autograd;

import dev.gradine.autograd.op.Op;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sees every op that a tape runs, in order, for tools that look for something in a pass.
public interface Probe {

    /// An op has run.
    ///
    /// @param inputs the same list in `backward`
    void forward(Op op, List<Var> inputs, Tensor y);

    /// The forward pass is over, and the backward pass begins.
    default void turns() {}

    /// The backward pass of an op has run.
    ///
    /// @param dy gradient of its result
    /// @param grads of the inputs; null where none was wanted
    void backward(Op op, List<Var> inputs, Tensor dy, @Nullable Tensor[] grads);
}
