package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.align.pair.PairFormula;
import dev.gradine.data.encode.Pair;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Each of CPO's losses against its formula and a worked number.
@ParameterizedClass
@ValueSource(strings = {"sigmoid", "hinge", "ipo", "smoothed"})
class CpoTest implements RecipeContract<Pair> {

    private static final float BETA = 0.3f;
    private static final float W = 0.7f;

    private final String loss;

    CpoTest(String loss) {
        this.loss = loss;
    }

    private Cpo with(float beta, float sftWeight) {
        boolean smoothed = loss.equals("smoothed");
        return new Cpo(beta, PairFormula.parse(smoothed ? "sigmoid" : loss), sftWeight, smoothed ? 0.1f : 0);
    }

    @Override
    public Recipe<Pair> recipe() {
        return with(BETA, W);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    /// Pairs share the number of tokens that the cross entropy is a mean over.
    @Override
    public Set<Promise> promises() {
        return loss.equals("hinge")
                ? Set.of(Promise.LEARNS_THE_FIRST)
                : EnumSet.of(Promise.LEARNS_THE_FIRST, Promise.UNLEARNS_THE_SECOND);
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] out = Examples.crossEntropy(seen, 0, W);
        for (int i = 0; i < out.length; i++) {
            double d = BETA * (seen.sum(0, i) - seen.sum(1, i));
            out[i] += switch (loss) {
                case "sigmoid" -> Math.log1p(Math.exp(-d));
                case "smoothed" -> 0.9 * Math.log1p(Math.exp(-d)) + 0.1f * Math.log1p(Math.exp(d));
                case "hinge" -> Math.max(0, 1 - d);
                default -> Math.pow(seen.mean(0, i) - seen.mean(1, i) - 1 / (2.0 * BETA), 2);
            };
        }
        return out;
    }

    @Test
    void the_worked_number_comes_out() {
        double expected = switch (loss) {
            case "sigmoid" -> 2.313261688;
            case "smoothed" -> 2.413261688;
            case "hinge" -> 2;
            default -> 28.265625;
        };
        float[] got = {Examples.worked(with(0.1f, 1))};
        Teeth.bite(got, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {expected}));
    }

    @Test
    void refuses_what_has_no_effect() {
        assertThatThrownBy(() -> new Cpo(0.1f, PairFormula.parse("robust"), 1, 0))
                .hasMessage("cpo: loss is \"robust\", expected one of [sigmoid, hinge, ipo]");
        assertThatThrownBy(() -> new Cpo(0.1f, PairFormula.parse("ipo"), 1, 0.1f))
                .hasMessage("cpo: label smoothing has no effect on loss ipo, expected loss sigmoid");
        assertThatThrownBy(() -> new Cpo(0, PairFormula.parse("ipo"), 1, 0))
                .hasMessage("cpo: beta is 0.0, expected > 0");
        assertThatThrownBy(() -> new Cpo(1, PairFormula.parse("ipo"), -1, 0))
                .hasMessage("cpo: sft weight is -1.0, expected at least 0");
    }
}
