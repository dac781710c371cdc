package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.data.encode.Pair;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Each of TPO's losses against its formula; the third answer alone is learnt.
@ParameterizedClass
@EnumSource(Tpo.Comparison.class)
class TpoTest implements RecipeContract<Pair> {

    private static final float BETA = 0.3f;
    private static final float W = 0.7f;

    private final Tpo.Comparison loss;

    TpoTest(Tpo.Comparison loss) {
        this.loss = loss;
    }

    @Override
    public Recipe<Pair> recipe() {
        return new Tpo(BETA, loss, W, loss == Tpo.Comparison.TPO_L ? 0.2f : null, 0);
    }

    @Override
    public List<Pair> examples() {
        List<Pair> pairs = Examples.pairs();
        return IntStream.range(0, pairs.size())
                .mapToObj(i -> new Pair(
                        pairs.get(i).chosen(),
                        pairs.get(i).rejected(),
                        List.of(Examples.answer(i, 1 + i % 3, 2 + i % 4, 2)),
                        0))
                .toList();
    }

    @Override
    public Set<Promise> promises() {
        return switch (loss) {
            case SIGMOID, TPO_L, IPO -> Set.of(Promise.LEARNS_THE_FIRST, Promise.UNLEARNS_THE_SECOND);
            default -> Set.of();
        };
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] out = Examples.crossEntropy(seen, 2, W);
        for (int i = 0; i < out.length; i++) {
            double d = seen.sum(0, i) - seen.sum(1, i);
            double mean = seen.mean(0, i) - seen.mean(1, i);
            out[i] += switch (loss) {
                case SIGMOID -> Math.log1p(Math.exp(-BETA * d));
                case HINGE -> Math.max(0, 1 - BETA * d);
                case IPO -> Math.pow(mean - 1 / (2.0 * BETA), 2);
                case TPO_L -> Math.log1p(Math.exp(-BETA * mean + 0.2f));
            };
        }
        return out;
    }

    @Test
    void without_weight_no_third_answer_is_read() {
        Tpo tpo = new Tpo(0.05f, loss, 0, null, 0);
        double expected = switch (loss) {
            case SIGMOID -> 0.4740769842;
            case HINGE -> 0.5;
            case IPO -> 102.515625;
            case TPO_L -> Math.log1p(Math.exp(0.00625 + 0.5));
        };
        float[] got = {Examples.worked(tpo)};
        Teeth.bite(got, l -> Tolerance.elementwise(16, 100).check("loss", l, new double[] {expected}));
    }

    @Test
    void refuses_what_has_no_effect() {
        assertThatThrownBy(() -> new Tpo(0.1f, Tpo.Comparison.SIGMOID, 1, 0.1f, 0))
                .hasMessage("tpo: gamma has no effect on loss sigmoid, expected loss tpo-l");
        assertThatThrownBy(() -> new Tpo(0.1f, Tpo.Comparison.HINGE, 1, null, 0.1f))
                .hasMessage("tpo: label smoothing has no effect on loss hinge, expected loss sigmoid");
    }
}
