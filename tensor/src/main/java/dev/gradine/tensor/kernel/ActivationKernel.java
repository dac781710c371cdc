package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of the activation functions. All f32, all outputs overwritten.
public interface ActivationKernel {

    /// `y = silu(gate) · up`, with `silu(x) = x · σ(x)`.
    void swiGlu(Tensor gate, Tensor up, Tensor y);

    /// `dGate = dy · up · σ(gate) · (1 + gate · (1 − σ(gate)))`, `dUp = dy · silu(gate)`.
    void swiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp);

    /// `y = x · Φ(x)`; with `tanh`, the approximation `½x(1 + tanh(√(2/π)(x + 0.044715x³)))`.
    void gelu(Tensor x, boolean tanh, Tensor y);

    /// Overwrites `dx` with `dy · gelu′(x)`.
    void geluBackward(Tensor dy, Tensor x, boolean tanh, Tensor dx);

    /// `y = log σ(x) = min(x, 0) − log1p(exp(−|x|))`.
    void logSigmoid(Tensor x, Tensor y);

    /// Overwrites `dx` with `dy · σ(−x)`.
    void logSigmoidBackward(Tensor dy, Tensor x, Tensor dx);
}
