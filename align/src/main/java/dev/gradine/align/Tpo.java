package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Triple preference optimisation: a pair is compared, and a third answer, the best known one, is learnt.
///
/// ```
/// L = −log σ(β · (p⁺ − p⁻)) + w · NLL(reference answer)
/// ```
///
/// where p is the summed log-probability of an answer. Saeidi et al. 2024 (arXiv:2405.16681). `tpo-l` takes means over
/// tokens and asks for a margin γ: −log σ(β · (a⁺ − a⁻) − γ).
///
/// @param beta β, 1/nats
/// @param loss what compares the two answers
/// @param sftWeight w; 0 reads no third answer
/// @param gamma γ of `tpo-l`; null for ½
/// @param labelSmoothing share of labels taken to be wrong; `sigmoid` and `tpo-l` use it
@Usual(
        from = 5e-7,
        to = 0.0003,
        why = "a quarter of SFT's, for comparing answers moves a model further than imitating one",
        source = "Saeidi et al. 2024: 5e-7, all weights; TRL: 5e-7")
public record Tpo(
        @Option(says = "Weight of the difference of the answers, 1/nats.")
        @Usual(
                from = 0.005,
                to = 0.1,
                why = "0.01, ten times smaller than DPO's: there is no reference to stay near",
                source = "Saeidi et al. 2024 (TPO); TRL: 0.01")
        float beta,

        @Option(says = "Loss of a pair: sigmoid, hinge, ipo or tpo-l.", label = "NAME")
        Comparison loss,

        @Option(says = "Weight of the cross entropy of reference answers.", least = 0)
        @Usual(
                from = 0,
                to = 2,
                why = "the best answer's cross entropy counts like the comparison",
                source = "Saeidi et al. 2024 (TPO); TRL: 1")
        float sftWeight,

        @Option(says = "Margin asked for by tpo-l.", least = 0, otherwise = "0.5")
        @Usual(from = 0, to = 2, why = "TRL's margin", source = "TRL: tpo_l_gamma 0.5")
        @Nullable
        Float gamma,

        @Option(says = "Share of pairs taken to be labelled wrongly.", least = 0, below = 0.5)
        @Usual(
                from = 0,
                to = 0.3,
                why = "labels are taken to be right; about the share that is wrong where it is known",
                source = "Mitchell 2023, note on noisy labels (cDPO); TRL: 0")
        float labelSmoothing)
        implements ReferenceFree {

    private static final float GAMMA = 0.5f;

    /// What compares the two answers.
    public enum Comparison {
        /// Of DPO's paper.
        SIGMOID,
        /// A margin.
        HINGE,
        /// A finite target, per token.
        IPO,
        /// Means over tokens, and a margin.
        TPO_L;

        @Override
        public String toString() {
            return this == TPO_L ? "tpo-l" : name().toLowerCase(Locale.ROOT);
        }

        /// The formula of those that DPO has, too.
        private PairFormula formula() {
            return PairFormula.parse(toString());
        }

        private boolean isPerToken() {
            return this == IPO || this == TPO_L;
        }
    }

    /// @throws IllegalArgumentException if a number is out of range or has no effect
    public Tpo {
        ReferenceFree.requirePositive("tpo", "beta", beta);
        ReferenceFree.requireWeight("tpo", sftWeight);
        if (loss != Comparison.TPO_L) Contrast.check("tpo", loss.formula(), labelSmoothing);
        if (gamma != null && loss != Comparison.TPO_L) {
            throw new IllegalArgumentException(
                    "tpo: gamma has no effect on loss %s, expected loss tpo-l".formatted(loss));
        }
    }

    /// β = 0.01, w = 1.
    public static Tpo defaults() {
        return new Tpo(0.01f, Comparison.SIGMOID, 1, null, 0);
    }

    @Override
    public About about() {
        return new About(
                "tpo",
                "Triple preference optimisation",
                "Align a model with LoRA on pairs of a chosen and a rejected answer, and fine-tune it on a third.",
                5e-5);
    }

    /// As DPO's rows, with a third answer.
    @Override
    public Encoder<Pair> encoder(TextCodec codec, int maxLength, int batch) {
        return sftWeight == 0
                ? new PreferenceEncoder(codec, maxLength)
                : PreferenceEncoder.withReference(codec, maxLength);
    }

    @Override
    public List<Answers> learnt(Pairs p) {
        return List.of(sftWeight == 0 ? p.chosen() : p.more());
    }

    @Override
    public Var comparison(Pairs p) {
        if (loss != Comparison.TPO_L) {
            return Contrast.loss(loss.formula(), p, beta, labelSmoothing);
        }
        Var means = Compared.alone(p).marginPerToken();
        return PairFormula.logistic(shift(scale(means, beta), gamma == null ? -GAMMA : -gamma), labelSmoothing);
    }

    @Override
    public double logp(Answers answers, int i) {
        return loss.isPerToken() ? answers.mean(i) : answers.sum(i);
    }
}
