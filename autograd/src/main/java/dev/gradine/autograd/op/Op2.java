package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An operation of two inputs.
public sealed interface Op2<S> extends Op
        permits AddBias, BatchMatMul, Combine, Concat, MatMul, LinearLogProb, PutRows, RmsNorm, SwiGlu {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, Tensor a, Tensor b);

    /// Gradients of the inputs that `needs` names, from the gradient of the result.
    Grads2 backward(Kernels k, S saved, Tensor dy, NeedsGrad needs);
}
