package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of SwiGLU, in one pass each way; other functions are those of `FunctionKernel`. All f32, all outputs
/// overwritten.
public interface ActivationKernel {

    /// `y = silu(gate) · up`, with `silu(x) = x · σ(x)`.
    void swiGlu(Tensor gate, Tensor up, Tensor y);

    /// `dGate = dy · up · σ(gate) · (1 + gate · (1 − σ(gate)))`, `dUp = dy · silu(gate)`.
    void swiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp);
}
