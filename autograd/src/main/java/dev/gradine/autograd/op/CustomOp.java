package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The open door: an operation of any number of inputs, written outside this package.
///
/// If `S` is a record, backward may read the tensors that it lists, in it or in lists and records within it. If it is
/// anything else, the inputs and the result are held for backward instead.
public non-sealed interface CustomOp<S> extends Op {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, List<Tensor> inputs);

    /// Whether the result depends on trained parameters that are no inputs, so that backward must run for their sake.
    /// Asked after `forward`.
    default boolean trains() {
        return false;
    }

    /// Gradients of the inputs, one each and in order, from the gradient of the result; null for none.
    List<@Nullable Tensor> backward(Kernels k, S saved, Tensor dy);
}
