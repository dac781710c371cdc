package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of the log-probability of one given token per row of logits.
///
/// ```
/// lse = log Σ_v exp(z_v)      logp = z_target − lse      dz_v = dlogp · (1[v = target] − exp(z_v − lse))
/// ```
public interface LogProbKernel {

    /// What else a row of logits tells, for metrics; each tensor has N values and is overwritten.
    ///
    /// @param entropy `f32[N]`, −Σ p log p, nats
    /// @param argmax `i32[N]`, the first token of the largest logit
    /// @param meanLogit `f32[N]`, mean over the vocabulary
    record Stats(Tensor entropy, Tensor argmax, Tensor meanLogit) {}

    /// Writes `logProb f32[N]` and `lse f32[N]` from `logits f32[N,V]` and `targets i32[N]`, each in `[0, V)`.
    void forward(Tensor logits, Tensor targets, Tensor logProb, Tensor lse, @Nullable Stats stats);

    /// Overwrites `logits` with their own gradient, from `dLogProb f32[N]` and the forward's `lse`.
    void backward(Tensor dLogProb, Tensor targets, Tensor lse, Tensor logits);
}
