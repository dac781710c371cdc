package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.data.encode.Pair;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula and worked numbers.
class SimpoTest implements RecipeContract<Pair> {

    private static final float BETA = 2.5f;
    private static final float GAMMA = 0.7f;
    private static final float W = 0.3f;

    @Override
    public Recipe<Pair> recipe() {
        return new Simpo(BETA, GAMMA, W, 0.02f);
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
            double x = BETA * (seen.mean(0, i) - seen.mean(1, i)) - GAMMA;
            out[i] += (1 - 0.02f) * Math.log1p(Math.exp(-x)) + 0.02f * Math.log1p(Math.exp(x));
        }
        return out;
    }

    @Test
    void the_worked_number_comes_out() {
        float[] plain = {Examples.worked(new Simpo(2, 0.5f, 0, 0))};
        Teeth.bite(plain, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {1.136871006}));
        float[] smoothed = {Examples.worked(new Simpo(2, 0.5f, 0, 0.1f))};
        Teeth.bite(smoothed, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {1.061871006}));
    }

    @Test
    void refuses_a_number_out_of_range() {
        assertThatThrownBy(() -> new Simpo(-1, 1, 0, 0)).hasMessage("simpo: beta is -1.0, expected > 0");
        assertThatThrownBy(() -> new Simpo(1, 1, -1, 0)).hasMessage("simpo: sft weight is -1.0, expected at least 0");
    }
}
