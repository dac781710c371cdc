package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// Simple preference optimisation: the mean log-probability of a token is the reward, and the chosen answer's must lie
/// γ above the rejected one's.
///
/// ```
/// L = −log σ(β · (a⁺ − a⁻) − γ) + w · NLL(chosen)
/// ```
///
/// where a is the mean log-probability of an answer's tokens. Meng et al. 2024 (arXiv:2405.14734), eq. 6. The authors
/// set γ by its ratio to β, 0.3 to 1.6 in the paper; here it is γ itself.
///
/// @param beta β, 2 to 10 in the paper
/// @param gamma γ, the margin asked for
/// @param sftWeight w; 0 in the paper
/// @param labelSmoothing share of labels taken to be wrong
@Usual(
        from = 3e-7,
        to = 0.0002,
        why = "a quarter of SFT's and less: long training at a high rate ruins a model",
        source = "Meng et al. 2024: 3e-7 to 1e-6, all weights")
public record Simpo(
        @Option(says = "Weight of the difference of the answers' means.")
        @Usual(
                from = 1,
                to = 10,
                why = "2, the least of the paper's 2 to 10: means of a token are small, so it is larger than DPO's",
                source = "Meng et al. 2024, appendix B; its program: 2")
        float beta,

        @Option(says = "Margin by which the chosen answer's reward is to be higher.", least = 0)
        @Usual(
                from = 0,
                to = 8,
                why = "half of beta: the paper's ratio of the two is 0.3 to 1.6",
                source = "Meng et al. 2024, appendix B; TRL: 0.5")
        float gamma,

        @Option(says = "Weight of the cross entropy of chosen answers.", least = 0)
        @Usual(
                from = 0,
                to = 2,
                why = "none, as in the paper; above 0 it is CPO-SimPO",
                source = "Meng et al. 2024, eq. 6")
        float sftWeight,

        @Option(says = "Share of pairs taken to be labelled wrongly.", least = 0, below = 0.5)
        @Usual(
                from = 0,
                to = 0.3,
                why = "labels are taken to be right; about the share that is wrong where it is known",
                source = "Mitchell 2023, note on noisy labels (cDPO); TRL: 0")
        float labelSmoothing)
        implements ReferenceFree {

    /// @throws IllegalArgumentException if a number is out of range
    public Simpo {
        ReferenceFree.requirePositive("simpo", "beta", beta);
        ReferenceFree.requireWeight("simpo", sftWeight);
    }

    /// β = 2, γ = 1, w = 0: the ratio of γ to β is ½, in the middle of the paper's range.
    public static Simpo defaults() {
        return new Simpo(2, 1, 0, 0);
    }

    @Override
    public About about() {
        return new About(
                "simpo",
                "Simple preference optimisation",
                "Align a model with LoRA on pairs of answers, by the mean log-probability of a token.",
                5e-5);
    }

    @Override
    public Var comparison(Pairs p) {
        Var x = shift(scale(sub(p.chosen().means(), p.rejected().means()), beta), -gamma);
        return PairFormula.logistic(x, labelSmoothing);
    }

    @Override
    public double logp(Answers answers, int i) {
        return answers.mean(i);
    }
}
