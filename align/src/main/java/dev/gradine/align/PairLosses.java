package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.align.pair.PairFormula.Numbers;
import dev.gradine.align.pair.PairFormulas;
import dev.gradine.align.pair.Scores;
import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One loss over pairs, or a weighted sum of several.
///
/// ```
/// L = Σ_k w_k · L_k
/// ```
///
/// @param loss the formulas, at least one
/// @param lossWeights w, one each; none for 1 each
/// @param labelSmoothing share of labels taken to be wrong, below ½; null for 0
/// @param discopopTau temperature of `discopop`'s blend; null for 0.05
public record PairLosses(
        @Option(
                says = "Losses of a pair, added up: sigmoid, hinge, ipo, ipo_sum, exo_pair, nca_pair, robust, bco_pair,"
                        + " sppo_hard, aot, aot_unpaired, apo_zero, apo_down, discopop, sigmoid_norm, sft.",
                label = "NAME[,…]")
        List<PairFormula> loss,

        @Option(says = "Weight of each loss.", label = "X[,…]", otherwise = "1 each")
        List<Float> lossWeights,

        @Option(says = "Share of pairs taken to be labelled wrongly.", least = 0, below = 0.5, otherwise = "0")
        @Usual(
                from = 0,
                to = 0.3,
                why = "labels are taken to be right; about the share that is wrong where it is known",
                source = "Mitchell 2023, note on noisy labels (cDPO); TRL: 0")
        @Nullable
        Float labelSmoothing,

        @Option(says = "Temperature of the blend in discopop.", otherwise = "0.05")
        @Usual(
                from = 0.01,
                to = 1,
                why = "the temperature that was found with the loss",
                source = "Lu et al. 2024 (DiscoPOP); TRL: 0.05")
        @Nullable
        Float discopopTau) {

    private static final float DISCOPOP_TAU = 0.05f;

    /// @throws IllegalArgumentException if two settings contradict each other, or one has no effect
    public PairLosses {
        loss = List.copyOf(loss);
        lossWeights = List.copyOf(lossWeights);
        if (loss.isEmpty()) throw new IllegalArgumentException("loss: none, expected at least one");
        if (!lossWeights.isEmpty() && lossWeights.size() != loss.size()) {
            throw new IllegalArgumentException("loss-weights: %d weights, expected %d (one for each loss of %s)"
                    .formatted(lossWeights.size(), loss.size(), loss));
        }
        if (labelSmoothing != null && !(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
            throw new IllegalArgumentException(
                    "label-smoothing: %s, expected at least 0 and below 0.5".formatted(labelSmoothing));
        }
        if (labelSmoothing != null) requireUsed("label-smoothing", loss, PairFormula::smooths);
        if (discopopTau != null) {
            if (!(discopopTau > 0))
                throw new IllegalArgumentException("discopop-tau: %s, expected > 0".formatted(discopopTau));
            requireUsed("discopop-tau", loss, PairFormula::blends);
        }
        for (PairFormula f : loss) {
            if (!f.needsSmoothing() || (labelSmoothing != null && labelSmoothing > 0)) continue;
            throw new IllegalArgumentException(
                    "loss: %s takes the logarithm of label-smoothing, expected one above 0, such as 0.001"
                            .formatted(f));
        }
    }

    private static void requireUsed(String setting, List<PairFormula> losses, Predicate<PairFormula> uses) {
        if (losses.stream().anyMatch(uses)) return;
        throw new IllegalArgumentException("%s: has no effect on loss %s, expected one of %s"
                .formatted(
                        setting, losses, PairFormulas.ALL.stream().filter(uses).toList()));
    }

    /// One loss, without smoothing.
    static PairLosses of(String name) {
        return new PairLosses(List.of(PairFormula.parse(name)), List.of(), null, null);
    }

    /// Loss of each pair, `f32[B]`.
    Var of(Scores scores, float beta) {
        Numbers n = new Numbers(
                beta, labelSmoothing == null ? 0 : labelSmoothing, discopopTau == null ? DISCOPOP_TAU : discopopTau);
        Var sum = weighted(0, scores, n);
        for (int i = 1; i < loss.size(); i++) sum = add(sum, weighted(i, scores, n));
        return sum;
    }

    private Var weighted(int i, Scores scores, Numbers n) {
        Var one = loss.get(i).loss(scores, n);
        return lossWeights.isEmpty() ? one : scale(one, lossWeights.get(i));
    }

    /// Fails if one of the losses does not go with a setting.
    ///
    /// @throws IllegalArgumentException names setting and loss
    void requireAll(String setting, Predicate<PairFormula> fits) {
        for (PairFormula f : loss) {
            if (fits.test(f)) continue;
            throw new IllegalArgumentException("%s: does not go with loss %s, expected one of %s"
                    .formatted(
                            setting, f, PairFormulas.ALL.stream().filter(fits).toList()));
        }
    }
}
