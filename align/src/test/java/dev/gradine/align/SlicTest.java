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
class SlicTest implements RecipeContract<Pair> {

    private static final float DELTA = 4;
    private static final float W = 0.3f;

    @Override
    public Recipe<Pair> recipe() {
        return new Slic(DELTA, W);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST);
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] out = Examples.crossEntropy(seen, 0, W);
        for (int i = 0; i < out.length; i++) out[i] += Math.max(0, DELTA - seen.sum(0, i) + seen.sum(1, i));
        return out;
    }

    @Test
    void the_worked_number_comes_out() {
        float[] narrow = {Examples.worked(new Slic(12, 0))};
        Teeth.bite(narrow, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {2}));
        float[] wide = {Examples.worked(new Slic(9, 0.5f))};
        Teeth.bite(wide, l -> Tolerance.elementwise(16, 30).check("loss", l, new double[] {1}));
    }

    @Test
    void refuses_a_number_out_of_range() {
        assertThatThrownBy(() -> new Slic(0, 1)).hasMessage("slic: delta is 0.0, expected > 0");
        assertThatThrownBy(() -> new Slic(1, -1)).hasMessage("slic: sft weight is -1.0, expected at least 0");
    }
}
