package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.relu;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// Sequence likelihood calibration with human feedback: the chosen answer is to be δ likelier than the rejected one.
///
/// ```
/// L = max(0, δ − p⁺ + p⁻) + w · NLL(chosen)
/// ```
///
/// where p is the summed log-probability of an answer. Zhao et al. 2023 (arXiv:2305.10425), eq. 2, with the chosen
/// answer as the target of the cross entropy, which is a mean over its tokens.
///
/// @param delta δ, nats
/// @param sftWeight w; the paper's λ
@Usual(
        from = 1e-6,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "TRL's for DPO: 1e-6")
public record Slic(
        @Option(says = "Margin asked for, nats.")
        @Usual(
                from = 0.1,
                to = 10,
                why = "a margin of one nat over whole answers; DPO's hinge has the same",
                source = "Zhao et al. 2023 (SLiC-HF), eq. 1")
        float delta,

        @Option(says = "Weight of the cross entropy of chosen answers.", least = 0)
        @Usual(
                from = 0,
                to = 2,
                why = "cross entropy and comparison count alike",
                source = "Zhao et al. 2023 (SLiC-HF), eq. 1")
        float sftWeight)
        implements ReferenceFree {

    /// @throws IllegalArgumentException if a number is out of range
    public Slic {
        ReferenceFree.requirePositive("slic", "delta", delta);
        ReferenceFree.requireWeight("slic", sftWeight);
    }

    /// δ = 1, w = 1.
    public static Slic defaults() {
        return new Slic(1, 1);
    }

    @Override
    public About about() {
        return new About(
                "slic",
                "Sequence likelihood calibration",
                "Fine-tune and align a model with LoRA at once on pairs of answers, by a margin.",
                5e-5);
    }

    /// Rewards are log-probabilities themselves.
    @Override
    public float beta() {
        return 1;
    }

    @Override
    public Var comparison(Pairs p) {
        return relu(shift(sub(p.rejected().sums(), p.chosen().sums()), delta));
    }
}
