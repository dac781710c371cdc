package dev.gradine.align;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// Contrastive preference optimisation: DPO with a uniform reference, held in place by the cross entropy of the chosen
/// answer.
///
/// ```
/// L = −log σ(β · (p⁺ − p⁻)) + w · NLL(chosen)
/// ```
///
/// where p is the summed log-probability of an answer. Xu et al. 2024 (arXiv:2401.08417), eq. 3 to 5; the other
/// losses put p in the place of a score, and `ipo` is per token.
///
/// @param beta β, 1/nats
/// @param loss what compares the two answers
/// @param sftWeight w; 1 in the paper
/// @param labelSmoothing share of labels taken to be wrong; `sigmoid` alone uses it
@Usual(
        from = 1e-6,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "Xu et al. 2024: 1e-4 with LoRA; TRL: 1e-6")
public record Cpo(
        @Option(says = "Weight of the difference of the answers, 1/nats.")
        @Usual(from = 0.01, to = 0.5, why = "0.1, as for DPO", source = "Xu et al. 2024 (CPO); TRL: 0.1")
        float beta,

        @Option(says = "Loss of a pair: sigmoid, hinge or ipo.", label = "NAME")
        PairFormula loss,

        @Option(says = "Weight of the cross entropy of chosen answers.", least = 0)
        @Usual(
                from = 0,
                to = 2,
                why = "cross entropy and comparison count alike, as in the paper's sum",
                source = "Xu et al. 2024 (CPO); TRL: 1")
        float sftWeight,

        @Option(says = "Share of pairs taken to be labelled wrongly.", least = 0, below = 0.5)
        @Usual(
                from = 0,
                to = 0.3,
                why = "labels are taken to be right; about the share that is wrong where it is known",
                source = "Mitchell 2023, note on noisy labels (cDPO); TRL: 0")
        float labelSmoothing)
        implements ReferenceFree {

    /// @throws IllegalArgumentException if a number is out of range or has no effect
    public Cpo {
        ReferenceFree.requirePositive("cpo", "beta", beta);
        ReferenceFree.requireWeight("cpo", sftWeight);
        Contrast.check("cpo", loss, labelSmoothing);
    }

    /// The loss of the paper with β = 0.1.
    public static Cpo defaults() {
        return new Cpo(0.1f, Contrast.SIGMOID, 1, 0);
    }

    @Override
    public About about() {
        return new About(
                "cpo",
                "Contrastive preference optimisation",
                "Fine-tune and align a model with LoRA at once on pairs of answers, without a reference.",
                5e-5);
    }

    @Override
    public Var comparison(Pairs p) {
        return Contrast.loss(loss, p, beta, labelSmoothing);
    }

    @Override
    public double logp(Answers answers, int i) {
        return Contrast.isPerToken(loss) ? answers.mean(i) : answers.sum(i);
    }
}
