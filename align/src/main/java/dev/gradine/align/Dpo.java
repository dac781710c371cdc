package dev.gradine.align;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.List;

/// Direct preference optimisation, with all losses and divergences that have grown from it.
///
/// ```
/// L = −log σ(β · (c − l))      c = p⁺ − r⁺, l = p⁻ − r⁻
/// dL/dp⁺ = −β · σ(−β (c − l)) = −dL/dp⁻
/// ```
///
/// where p and r are summed log-probabilities of the chosen (⁺) and rejected (⁻) answer under the policy and the frozen
/// reference. Rafailov et al. 2023 (arXiv:2305.18290), eq. 7; the other losses are in `align.pair`, a file each.
///
/// At p = r the loss is log 2 for any β; β → 0 ignores the reference.
///
/// @param beta strength of the pull towards the reference, 1/nats; 0.1 in the paper's experiments
/// @param losses made of the scores
/// @param ratios what a score is
@Usual(
        from = 5e-7,
        to = 0.0003,
        why = "a quarter of SFT's: comparing answers moves a model further than imitating one",
        source = "Rafailov et al. 2023: 1e-6, all weights; TRL: 1e-6")
public record Dpo(
        @Option(says = "Pull towards the reference, 1/nats.")
        @Usual(
                from = 0.01,
                to = 0.5,
                why = "0.1 in most of the paper's experiments; smaller lets the policy go further from the reference",
                source = "Rafailov et al. 2023, appendix B; TRL: 0.1")
        float beta,

        @Part PairLosses losses,
        @Part LogRatios ratios)
        implements PairLoss {

    /// @throws IllegalArgumentException if beta is not above 0, or a loss does not go with the divergence
    public Dpo {
        if (!(beta > 0)) throw new IllegalArgumentException("dpo: beta is " + beta + ", expected > 0");
        if (ratios.divergence() != Divergence.REVERSE_KL) {
            losses.requireAll("divergence", PairFormula::takesDivergence);
        }
        if (ratios.weighted()) losses.requireAll("weighted", f -> !f.ranksBatch());
    }

    /// The loss of the paper.
    public Dpo(float beta) {
        this(beta, PairLosses.of("sigmoid"), LogRatios.plain());
    }

    /// With β = 0.1.
    public static Dpo defaults() {
        return new Dpo(0.1f);
    }

    @Override
    public About about() {
        return new About(
                "dpo",
                "Direct preference optimisation",
                "Align a model with LoRA on pairs of a chosen and a rejected answer.",
                5e-5);
    }

    @Override
    public ReferenceUse reference() {
        return ReferenceUse.IN_LOSS;
    }

    @Override
    public Reading reading() {
        return new Reading(1, 0, 0, 0, ratios.weighted(), false);
    }

    @Override
    public List<LabelledTokens> sequences(Pair pair) {
        return ratios.sequences(pair);
    }

    @Override
    public Var loss(Pairs p) {
        return ratios.weighted(losses.of(Compared.withReference(p, ratios::scores), beta), p);
    }
}
