package dev.gradine.align;

import dev.gradine.align.pair.PairFormula;
import dev.gradine.align.pair.PairFormula.Numbers;
import dev.gradine.autograd.Var;
import java.util.List;

/// The losses of pairs that CPO and TPO choose from: DPO's formulas, with log-probabilities in the place of scores.
final class Contrast {

    /// The loss of DPO's paper.
    static final PairFormula SIGMOID = PairFormula.parse("sigmoid");

    private static final PairFormula IPO = PairFormula.parse("ipo");
    private static final List<PairFormula> ALL = List.of(SIGMOID, PairFormula.parse("hinge"), IPO);

    private Contrast() {}

    /// Fails if the formula is none of these, or smoothing has no effect on it.
    ///
    /// @throws IllegalArgumentException names the recipe
    static void check(String recipe, PairFormula loss, float labelSmoothing) {
        if (!ALL.contains(loss)) {
            throw new IllegalArgumentException("%s: loss is \"%s\", expected one of %s".formatted(recipe, loss, ALL));
        }
        if (labelSmoothing == 0 || loss.equals(SIGMOID)) return;
        throw new IllegalArgumentException(
                "%s: label smoothing has no effect on loss %s, expected loss sigmoid".formatted(recipe, loss));
    }

    /// Loss of each pair, `f32[B]`.
    static Var loss(PairFormula formula, Pairs p, float beta, float labelSmoothing) {
        return formula.loss(Compared.alone(p), new Numbers(beta, labelSmoothing, 1));
    }

    /// Whether what is compared, and logged, is the mean over an answer's tokens.
    static boolean isPerToken(PairFormula formula) {
        return formula.equals(IPO);
    }
}
