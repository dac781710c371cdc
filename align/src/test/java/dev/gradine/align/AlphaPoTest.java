package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.data.encode.Pair;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula and a worked number.
class AlphaPoTest implements RecipeContract<Pair> {

    private static final float BETA = 2.5f;
    private static final float GAMMA = 0.7f;
    private static final float ALPHA = -0.4f;
    private static final float W = 0.3f;

    @Override
    public Recipe<Pair> recipe() {
        return new AlphaPo(BETA, GAMMA, ALPHA, W, 0);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST, Promise.UNLEARNS_THE_SECOND);
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] out = Examples.crossEntropy(seen, 0, W);
        for (int i = 0; i < out.length; i++) {
            double x = BETA * (reward(seen.mean(0, i)) - reward(seen.mean(1, i))) - GAMMA;
            out[i] += Math.log1p(Math.exp(-x));
        }
        return out;
    }

    private static double reward(double a) {
        return (1 - Math.exp(-ALPHA * a)) / ALPHA;
    }

    @Test
    void the_worked_number_comes_out() {
        float[] loss = {Examples.worked(new AlphaPo(2, 0.5f, 0.25f, 0, 0))};
        Teeth.bite(loss, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {1.245285511}));
    }

    @Test
    void refuses_a_number_out_of_range() {
        assertThatThrownBy(() -> new AlphaPo(2, 1, 0, 0, 0))
                .hasMessage("alphapo: alpha is 0.0, expected another number (0 is simpo)");
        assertThatThrownBy(() -> new AlphaPo(0, 1, 1, 0, 0)).hasMessage("alphapo: beta is 0.0, expected > 0");
    }
}
