package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.data.encode.Pair;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The loss against worked numbers, its formula, and the case where policy and reference agree.
class DpoTest implements RecipeContract<Pair> {

    @Override
    public Recipe<Pair> recipe() {
        return new Dpo(0.3f);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        double[] losses = new double[seen.tokens()[0].length];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = Math.log1p(Math.exp(-0.3f * (seen.ratio(0, i) - seen.ratio(1, i))));
        }
        return losses;
    }

    /// One pair whose answers have the given log-probabilities under policy and reference.
    private static Result of(float beta, float chosen, float rejected, float... reference) {
        try (Kernels k = CpuKernels.open()) {
            GivenBatch<Pair> batch = new GivenBatch<>(new Dpo(beta), List.of(Examples.pair(1, 1)));
            return batch.run(k, new float[] {chosen, rejected}, reference, new float[] {1});
        }
    }

    @Test
    void loss_and_slope_are_the_worked_numbers() {
        Result r = of(0.1f, -20, -30, -22, -29.5f);
        Tolerance rounded = Tolerance.elementwise(4, 30); // log-probabilities of −30 are subtracted
        Teeth.bite(r.losses(), l -> rounded.check("loss", l, new double[] {0.5759394199}));
        double[] expected = {-0.04378234991, 0.04378234991};
        Teeth.bite(r.grad(), g -> Tolerance.elementwise(16).check("gradient", g, expected));
    }

    @ParameterizedTest
    @ValueSource(floats = {0.01f, 0.1f, 1, 5})
    void it_is_log_two_where_the_policy_is_the_reference(float beta) {
        Tolerance.elementwise(1).check("loss", of(beta, -17.5f, -3, -17.5f, -3).losses(), new double[] {Math.log(2)});
    }

    @Test
    void a_margin_far_out_neither_overflows_nor_vanishes() {
        assertThat(of(1, -5000, 0, 0, -5000).losses()).containsExactly(10_000);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -0.1f, Float.NaN})
    void refuses_a_beta_that_is_not_above_zero(float beta) {
        assertThatThrownBy(() -> new Dpo(beta))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dpo: beta is " + beta + ", expected > 0");
    }

    @Test
    void refuses_a_loss_it_does_not_know() {
        assertThatThrownBy(() -> new Dpo(1, "hinge"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dpo: loss is \"hinge\", expected \"sigmoid\"");
    }
}
