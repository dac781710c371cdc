package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.expm1;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// Preference optimisation with a bent reward: SimPO's, whose slope depends on how likely an answer already is.
///
/// ```
/// L = −log σ(β · (R⁺ − R⁻) − γ) + w · NLL(chosen)      R = (1 − e^(−αa)) / α
/// ```
///
/// where a is the mean log-probability of an answer's tokens. Gupta et al. 2025 (arXiv:2501.03884). α → 0 gives SimPO.
///
/// @param beta β
/// @param gamma γ, the margin asked for
/// @param alpha α, not 0
/// @param sftWeight w
/// @param labelSmoothing share of labels taken to be wrong
@Usual(
        from = 3e-7,
        to = 0.0002,
        why = "a quarter of SFT's: comparing answers moves a model further than imitating one",
        source = "as SimPO; TRL: 1e-6")
public record AlphaPo(
        @Option(says = "Weight of the difference of the answers' rewards.")
        @Usual(from = 1, to = 25, why = "2, as SimPO", source = "Gupta et al. 2025 (AlphaPO)")
        float beta,

        @Option(says = "Margin by which the chosen answer's reward is to be higher.", least = 0)
        @Usual(from = 0, to = 8, why = "half of beta, as SimPO", source = "Gupta et al. 2025 (AlphaPO)")
        float gamma,

        @Option(says = "Bend of the reward; towards 0 it is SimPO's.")
        @Usual(
                from = -0.5,
                to = 0.5,
                why = "0.25, in the range that the paper tries",
                source = "Gupta et al. 2025 (AlphaPO)")
        float alpha,

        @Option(says = "Weight of the cross entropy of chosen answers.", least = 0)
        @Usual(from = 0, to = 2, why = "none, as SimPO", source = "Gupta et al. 2025; TRL: 0")
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
    public AlphaPo {
        ReferenceFree.requirePositive("alphapo", "beta", beta);
        ReferenceFree.requireWeight("alphapo", sftWeight);
        if (alpha == 0 || Float.isNaN(alpha)) {
            throw new IllegalArgumentException(
                    "alphapo: alpha is %s, expected another number (0 is simpo)".formatted(alpha));
        }
    }

    /// As SimPO, with α = 0.25.
    public static AlphaPo defaults() {
        return new AlphaPo(2, 1, 0.25f, 0, 0);
    }

    @Override
    public About about() {
        return new About(
                "alphapo",
                "Preference optimisation with a bent reward",
                "Align a model with LoRA on pairs of answers, as SimPO with a reward of another shape.",
                5e-5);
    }

    @Override
    public Var comparison(Pairs p) {
        Var x = shift(scale(sub(reward(p.chosen()), reward(p.rejected())), beta), -gamma);
        return PairFormula.logistic(x, labelSmoothing);
    }

    private Var reward(Answers answers) {
        return scale(expm1(scale(answers.means(), -alpha)), -1 / alpha);
    }

    @Override
    public double logp(Answers answers, int i) {
        return answers.mean(i);
    }

    @Override
    public double score(Answers answers, int i) {
        return -Math.expm1(-alpha * answers.mean(i)) / alpha;
    }
}
