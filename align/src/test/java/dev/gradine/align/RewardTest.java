package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.align.GivenBatch.Seen;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula and worked numbers. What other recipes see as a log-probability is a score here.
class RewardTest implements RecipeContract<Pair> {

    private static final float CENTER = 0.02f;

    @Override
    public Recipe<Pair> recipe() {
        return new Reward(CENTER);
    }

    private static Pair pair(long seed, double margin) {
        return new Pair(
                RewardEncoder.last(Examples.answer(seed, 2, 3, 0).ids()),
                RewardEncoder.last(Examples.answer(seed, 2, 4, 1).ids()),
                List.of(),
                margin);
    }

    @Override
    public List<Pair> examples() {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) all.add(pair(i, i % 2 == 0 ? 0 : 0.3 * i));
        return all;
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.LEARNS_THE_FIRST, Promise.UNLEARNS_THE_SECOND, Promise.KEEPS_TO_ITSELF);
    }

    @Override
    public double[] formula(Seen seen, Seen held) {
        double[] losses = new double[5];
        for (int i = 0; i < 5; i++) {
            double d = seen.sum(0, i) - seen.sum(1, i) - (float) (i % 2 == 0 ? 0 : 0.3 * i);
            losses[i] = Math.log1p(Math.exp(-d)) + CENTER * Math.pow(seen.sum(0, i) + seen.sum(1, i), 2);
        }
        return losses;
    }

    private static Result of(Reward reward, double margin) {
        try (Kernels k = CpuKernels.open()) {
            return new GivenBatch<>(reward, List.of(pair(1, margin)))
                    .run(k, new float[] {1.2f, 0.4f}, new float[0], new float[] {1});
        }
    }

    @Test
    void losses_are_the_worked_numbers() {
        Tolerance t = Tolerance.elementwise(4);
        Teeth.bite(of(new Reward(0), 0).losses(), l -> t.check("plain", l, new double[] {0.3711006659}));
        Teeth.bite(of(new Reward(0), 0.5).losses(), l -> t.check("margin", l, new double[] {0.5543552445}));
        Teeth.bite(of(new Reward(0.01f), 0).losses(), l -> t.check("centre", l, new double[] {0.3967006659}));
    }

    @Test
    void it_logs_the_range_of_scores() {
        var m = of(new Reward(0), 0).metrics().means();
        assertThat(m.get("min_reward")).isCloseTo(0.4, within(1e-6));
        assertThat(m.get("max_reward")).isCloseTo(1.2, within(1e-6));
        assertThat(m.get("mean_reward")).isCloseTo(0.8, within(1e-6));
        assertThat(m.get("margin")).isCloseTo(0.8, within(1e-6));
        assertThat(m.get("accuracy")).isEqualTo(1);
    }
}
