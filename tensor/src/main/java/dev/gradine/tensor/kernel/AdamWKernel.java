package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of one AdamW update of one parameter tensor.
///
/// Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with the decay multiplied by the learning rate:
///
/// ```
/// g ← gradScale · g
/// p ← p − lr · weightDecay · p
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
/// ```
public interface AdamWKernel {

    /// Numbers of one update.
    ///
    /// @param lr learning rate
    /// @param beta1 decay of the first moment
    /// @param beta2 decay of the second moment
    /// @param eps added to the root of the second moment
    /// @param weightDecay decoupled decay, 1/step at learning rate 1
    /// @param t number of this update, from 1
    /// @param gradScale factor of the gradient, below 1 where it is clipped
    record Update(float lr, float beta1, float beta2, float eps, float weightDecay, int t, float gradScale) {}

    /// Updates `p`, `m` and `v` in place from the gradient `g`; all f32 and of one size.
    void step(Tensor p, Tensor g, Tensor m, Tensor v, Update update);
}
