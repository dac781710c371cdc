package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An operation of three inputs.
public sealed interface Op3<S> extends Op permits Attention, Conv2d, GroupNorm, LayerNorm {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, Tensor a, Tensor b, Tensor c);

    /// Gradients of the inputs that `needs` names, from the gradient of the result.
    Grads3 backward(Kernels k, S saved, Tensor dy, NeedsGrad needs);
}
