package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.data.encode.Judged;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula and worked numbers, and the threshold that follows the rewards.
class BcoTest implements RecipeContract<Judged> {

    private static final float BETA = 0.3f;

    @Override
    public Recipe<Judged> recipe() {
        return new Bco(BETA);
    }

    /// Nine answers, every third of them desirable.
    @Override
    public List<Judged> examples() {
        List<Judged> all = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            var answer = Examples.answer(i, 2, 1 + i % 4, 0);
            all.add(new Judged(answer, i % 3 == 0, answer));
        }
        return all;
    }

    /// Neighbours share δ, and undesirable answers are unlearnt.
    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.IS_LOG_2_AT_THE_REFERENCE);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        int n = seen.tokens()[0].length;
        double delta = 0;
        for (int i = 0; i < n; i++) delta += BETA * held.ratio(0, i) / n;
        double[] losses = new double[n];
        for (int i = 0; i < n; i++) {
            double x = BETA * seen.ratio(0, i) - delta;
            losses[i] = Math.log1p(Math.exp(i % 3 == 0 ? -x : x));
        }
        return losses;
    }

    private static Result of(Memory memory, Kernels k, float chosen, float rejected) {
        List<Judged> two = new ArrayList<>();
        for (boolean desirable : new boolean[] {true, false}) {
            var answer = Examples.answer(desirable ? 1 : 2, 1, 1, 0);
            two.add(new Judged(answer, desirable, answer));
        }
        float[] logProbs = {-4 + chosen, -4 + rejected};
        return new GivenBatch<>(new Bco(0.1f), two).run(k, logProbs, new float[] {-4, -4}, new float[] {1, 1}, memory);
    }

    /// Rewards 0.2 and −0.05, then 0.4 and 0.1.
    @Test
    void the_threshold_is_the_mean_of_all_rewards_seen() {
        try (Kernels k = CpuKernels.open()) {
            Memory memory = Memory.of(k, new Bco(1).remembers());
            Result first = of(memory, k, 2, -0.5f);
            double[] expected = {0.6325990353, 0.6325990353};
            Teeth.bite(first.losses(), l -> Tolerance.elementwise(8).check("loss", l, expected));
            assertThat(first.metrics().means().get("delta")).isCloseTo(0.075, within(1e-7));
            Result second = of(memory, k, 4, 1);
            assertThat(second.metrics().means().get("delta")).isCloseTo(0.1625, within(1e-7));
            assertThat(second.metrics().means().get("rewards/margins")).isCloseTo(0.3, within(1e-6));
        }
    }

    @Test
    void an_evaluation_leaves_the_threshold_where_it_is() {
        try (Kernels k = CpuKernels.open()) {
            Memory memory = Memory.of(k, new Bco(1).remembers());
            of(memory, k, 2, -0.5f);
            Result held = of(memory.forEvaluation(), k, 40, 10);
            assertThat(held.metrics().means().get("delta")).isCloseTo(0.075, within(1e-7));
            assertThat(memory.state()).containsOnlyKeys("recipe.rewards", "recipe.delta");
        }
    }

    @Test
    void refuses_a_beta_that_is_not_above_zero() {
        assertThatThrownBy(() -> new Bco(0)).hasMessage("bco: beta is 0.0, expected > 0");
    }
}
