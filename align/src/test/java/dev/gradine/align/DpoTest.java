package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.data.encode.Pair;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The loss of the paper against worked numbers, its formula, and the case where policy and reference agree; the other
/// losses are in [DpoLossesTest].
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

    /// −6 in three tokens against −9 in five, of which the last two count half: −6.75.
    @Test
    void tokens_without_a_rival_count_as_length_alpha_says() {
        float[] p = {-1, -2, -3, -1, -1.5f, -2, -0.5f, -4};
        try (Kernels k = CpuKernels.open()) {
            Dpo dpo = given(Map.of("beta", "1", "length-alpha", "0.5"));
            var batch = new GivenBatch<>(dpo, List.of(Examples.pair(3, 5)));
            Result r = batch.run(k, p, new float[p.length], new float[] {1});
            Tolerance rounded = Tolerance.elementwise(4, 9);
            Teeth.bite(r.losses(), l -> rounded.check("loss", l, new double[] {Math.log1p(Math.exp(-0.75))}));
        }
    }

    /// Two pairs: margins of the policy sorted 1, 10, of the reference −0.5, 7.5.
    @Test
    void optimal_transport_sorts_policy_and_reference_apart() {
        float[] p = {-20, -18, -30, -19};
        float[] r = {-22, -18.5f, -29.5f, -18};
        for (String name : List.of("aot", "aot_unpaired")) {
            try (Kernels k = CpuKernels.open()) {
                Dpo dpo = given(Map.of("loss", name));
                var batch = new GivenBatch<>(dpo, List.of(Examples.pair(1, 1), Examples.pair(1, 1)));
                double mean = 0;
                for (float l : batch.run(k, p, r, new float[] {1, 1}).losses()) mean += l / 2;
                assertThat(mean).as(name).isCloseTo(0.5984482338, within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            loss=nonsense | loss: "nonsense", expected one of [sigmoid, hinge
            loss=hinge label-smoothing=0.1 | label-smoothing: has no effect on loss [hinge], expected one of [sigmoid
            label-smoothing=0.5 | label-smoothing: 0.5, expected below 0.5
            discopop-tau=1 | discopop-tau: has no effect on loss [sigmoid], expected one of [discopop]
            loss=discopop discopop-tau=0 | discopop-tau: 0.0, expected > 0
            loss=exo_pair | loss: exo_pair takes the logarithm of label-smoothing, expected
            loss=hinge,sft loss-weights=1 | loss-weights: 1 weights, expected 2 (one for each loss of [hinge
            divergence=js_divergence loss=apo_zero | divergence: does not go with loss apo_zero, expected one of
            divergence-alpha=0.3 | divergence-alpha: has no effect on another divergence, expected
            weighted=true loss=aot | weighted: does not go with loss aot, expected one of
            length-alpha=1.5 | length-alpha: 1.5, expected 0 to 1
            """)
    void refuses_settings_that_contradict_each_other(String options, String message) {
        assertThatThrownBy(() -> given(Examples.options(options)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    private static Dpo given(Map<String, String> options) {
        return Settings.of(Dpo.defaults()).read(options);
    }
}
