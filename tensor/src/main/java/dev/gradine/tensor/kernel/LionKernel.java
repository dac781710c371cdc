package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of one Lion update of one parameter tensor.
///
/// Chen et al. 2023 (arXiv:2302.06675), program 1, with the decay multiplied by the learning rate:
///
/// ```
/// g ← gradScale · g
/// u = β₁ m + (1 − β₁) g
/// p ← p − lr · weightDecay · p − lr · sign(u)          sign(0) = 0; NaN where u is NaN
/// m ← β₂ m + (1 − β₂) g
/// ```
public interface LionKernel {

    /// Numbers of one update.
    ///
    /// @param lr learning rate
    /// @param beta1 share of the momentum in the direction u
    /// @param beta2 decay of the momentum
    /// @param weightDecay decoupled decay, 1/step at learning rate 1
    /// @param gradScale factor of the gradient, below 1 where it is clipped
    record Update(float lr, float beta1, float beta2, float weightDecay, float gradScale) {}

    /// Updates `p` and `m` in place from the gradient `g`; all f32 and of one size.
    void step(Tensor p, Tensor g, Tensor m, Update update);
}
