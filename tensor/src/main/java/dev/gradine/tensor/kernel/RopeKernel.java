package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of rotary position embedding, halves paired as in Hugging Face checkpoints.
///
/// Within each head of size D, with p the token's position and i < D/2:
///
/// ```
/// y[i]       = x[i] · cos[p,i] − x[i + D/2] · sin[p,i]
/// y[i + D/2] = x[i + D/2] · cos[p,i] + x[i] · sin[p,i]
/// ```
public interface RopeKernel {

    /// Overwrites `y f32[N,H·D]` (which may be `x`) from `x f32[N,H·D]`, `positions i32[N]`, `cos, sin f32[P,D/2]`.
    void forward(Tensor x, Tensor positions, Tensor cos, Tensor sin, Tensor y);

    /// Overwrites `dx` (which may be `dy`) with `dy` rotated back.
    void backward(Tensor dy, Tensor positions, Tensor cos, Tensor sin, Tensor dx);
}
