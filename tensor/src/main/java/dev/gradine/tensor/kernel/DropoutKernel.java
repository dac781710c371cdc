package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of inverted dropout. Whether a value is kept depends on `seed` and its index alone, so that backward
/// recomputes the mask instead of storing it, and every device draws the same one.
///
/// ```
/// y_i = x_i / (1 − p) if hash(seed, i) / 2³² ≥ p, else 0
/// hash(seed, i) = the upper 32 bits of the SplitMix64 finaliser of seed + (i + 1) · 0x9E3779B97F4A7C15
/// ```
public interface DropoutKernel {

    /// Overwrites `y` from `x`, which may be the same; `p` in [0, 1). Backward is the same call on the gradient.
    void apply(Tensor x, float p, long seed, Tensor y);
}
