package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// An operation of five inputs.
public sealed interface Op5<S> extends Op permits GatedRecurrence {

    /// Checks the shapes, then computes the result and what backward needs.
    ///
    /// @param inputs five, in order
    Forward<S> forward(Kernels k, List<Tensor> inputs);

    /// Gradients of the inputs that `needs` names, from the gradient of the result.
    Grads5 backward(Kernels k, S saved, Tensor dy, NeedsGrad needs);
}
