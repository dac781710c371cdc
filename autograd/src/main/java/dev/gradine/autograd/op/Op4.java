package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An operation of four inputs.
public sealed interface Op4<S> extends Op permits AttentionWithSinks, LowRankLinear {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, Tensor a, Tensor b, Tensor c, Tensor d);

    /// Gradients of the inputs that `needs` names, from the gradient of the result.
    Grads4 backward(Kernels k, S saved, Tensor dy, NeedsGrad needs);
}
