package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of rotary position embedding.
///
/// Within each head, with p the token's position and (a, b) the channels of pair i < R/2, as `RopeAngles` pairs them:
///
/// ```
/// y[a] = x[a] · cos[p,i] − x[b] · sin[p,i]
/// y[b] = x[b] · cos[p,i] + x[a] · sin[p,i]         other channels: y = x
/// ```
public interface RopeKernel {

    /// Overwrites `y f32[N,H·D]` (which may be `x`) from `x f32[N,H·D]`, `positions i32[N]`.
    void forward(Tensor x, Tensor positions, RopeAngles angles, Tensor y);

    /// Overwrites `dx` (which may be `dy`) with `dy` rotated back.
    void backward(Tensor dy, Tensor positions, RopeAngles angles, Tensor dx);
}
