package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The open door: an operation of any number of inputs, written outside this package.
public non-sealed interface CustomOp<S> extends Op {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, List<Tensor> inputs);

    /// Gradients of the inputs, one each and in order, from the gradient of the result; null for none.
    List<@Nullable Tensor> backward(Kernels k, S saved, Tensor dy);
}
