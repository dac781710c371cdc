package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.mul;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the score of an answer is made of the log-probabilities of its tokens.
///
/// @param divergence that is held small
/// @param divergenceAlpha of the alpha divergence; null for ½
/// @param lengthAlpha weight of those tokens of the longer answer that the shorter one has no rival for, from 0 to 1,
///     under policy and reference; null for 1. LD-DPO, Liu et al. 2024 (arXiv:2409.06411)
/// @param weighted whether pairs are weighted by how likely the policy is to give their answers: the product over both
///     of `exp(mean of log p_t − log Σ_v p(v)²)`, without gradient. WPO, Zhou et al. 2024 (arXiv:2406.11827)
public record LogRatios(
        @Option(
                says = "Distance to the reference: reverse_kl, forward_kl, js_divergence or alpha_divergence.",
                label = "NAME")
        Divergence divergence,

        @Option(says = "Of alpha_divergence: 0 is forward_kl, 1 reverse_kl.", otherwise = "0.5")
        @Usual(
                from = 0,
                to = 1,
                why = "half way between the two directions of the divergence",
                source = "Wang et al. 2023 (f-DPO); TRL: 0.5")
        @Nullable
        Float divergenceAlpha,

        @Option(says = "Weight of the tokens by which the longer answer is longer, 0 to 1 (LD-DPO).", otherwise = "1")
        @Usual(
                from = 0,
                to = 1,
                why = "answers count whole; 0.3 to 0.6 was best against long answers",
                source = "Liu et al. 2024 (LD-DPO); TRL: none")
        @Nullable
        Float lengthAlpha,

        @Option(says = "Weight pairs by how likely the policy is to give their answers (WPO).")
        boolean weighted) {

    private static final float ALPHA = 0.5f;

    /// @throws IllegalArgumentException if a number is out of range or has no effect
    public LogRatios {
        if (divergenceAlpha != null && divergence != Divergence.ALPHA_DIVERGENCE) {
            throw new IllegalArgumentException(
                    "divergence-alpha: has no effect on another divergence, expected --divergence alpha_divergence");
        }
        if (lengthAlpha != null && !(lengthAlpha >= 0 && lengthAlpha <= 1)) {
            throw new IllegalArgumentException("length-alpha: %s, expected 0 to 1".formatted(lengthAlpha));
        }
    }

    /// Those of DPO's paper.
    static LogRatios plain() {
        return new LogRatios(Divergence.REVERSE_KL, null, null, false);
    }

    /// The scores of answers with the log-ratios `r f32[n]`.
    Var scores(Var r) {
        return divergence.of(r, divergenceAlpha == null ? ALPHA : divergenceAlpha);
    }

    /// Losses of pairs, weighted if they are to be.
    Var weighted(Var losses, Pairs p) {
        if (!weighted) return losses;
        float[] w = new float[p.size()];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) Math.exp(p.chosen().onPolicy(i) + p.rejected().onPolicy(i));
        }
        return mul(losses, losses.tape().constant(losses.tape().kernels().of(Shape.of(w.length), w)));
    }

    /// What is read of a pair.
    List<LabelledTokens> sequences(Pair pair) {
        if (lengthAlpha == null) return pair.all();
        int both = Math.min(pair.chosen().predicted(), pair.rejected().predicted());
        return List.of(pair.chosen().fading(both, lengthAlpha), pair.rejected().fading(both, lengthAlpha));
    }
}
