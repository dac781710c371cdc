package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import org.jspecify.annotations.Nullable;

/// Label smoothing: of every target, ε parts are spread over the whole vocabulary.
///
/// ```
/// y = (1 − ε) · log p[target] + ε · (Z − lse)      Z the mean logit, so that Z − lse is the mean of log p
/// ```
///
/// Szegedy et al. 2016 (arXiv:1512.00567), section 7.
final class Smoothing {

    private Smoothing() {}

    /// Makes `y f32[N]` of the log-probabilities in it.
    ///
    /// @throws IllegalArgumentException if there is something to smooth, but no mean logit
    static void apply(Kernels k, float smoothing, Tensor y, Tensor lse, @Nullable Stats stats) {
        if (smoothing == 0) return;
        if (stats == null) throw new IllegalArgumentException("log_prob: smoothing without stats, expected both");
        k.elementwise().scale(y, 1 - smoothing, y);
        k.elementwise().axpy(smoothing, stats.meanLogit(), y);
        k.elementwise().axpy(-smoothing, lse, y);
    }
}
