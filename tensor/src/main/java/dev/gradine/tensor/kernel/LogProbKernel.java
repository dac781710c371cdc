package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of the log-probability of one given token per row of logits.
///
/// ```
/// lse = log Σ_v exp(z_v)      logp = z_target − lse      dz_v = dy · ((1 − ε) · 1[v = target] + ε/V − exp(z_v − lse))
/// ```
///
/// where y is log p of the target, or with a smoothing ε the mean over all tokens in ε parts of it.
public interface LogProbKernel {

    /// What else a row of logits tells, for metrics; each tensor has N values and is overwritten.
    ///
    /// @param entropy `f32[N]`, −Σ p log p, nats
    /// @param argmax `i32[N]`, the first token of the largest logit
    /// @param meanLogit `f32[N]`, mean over the vocabulary
    /// @param collision `f32[N]`, log Σ p², of the probability that two draws agree; null if it is not wanted
    record Stats(
            Tensor entropy,
            Tensor argmax,
            Tensor meanLogit,
            @Nullable Tensor collision) {

        /// Without collision.
        public Stats(Tensor entropy, Tensor argmax, Tensor meanLogit) {
            this(entropy, argmax, meanLogit, null);
        }
    }

    /// Writes `logProb f32[N]` and `lse f32[N]` from `logits f32[N,V]` and `targets i32[N]`, each in `[0, V)`.
    void forward(Tensor logits, Tensor targets, Tensor logProb, Tensor lse, @Nullable Stats stats);

    /// Overwrites `logits` with their own gradient, from `dy f32[N]`, the forward's `lse` and the smoothing ε.
    void backward(Tensor dy, Tensor targets, Tensor lse, float smoothing, Tensor logits);
}
