package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Llama;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// When values are dropped, and that no two masks have to do with each other.
class DropoutPlanTest {

    private static final int N = 20_000;
    private static final float P = 0.25f;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// Which of N values adapter number `adapter` keeps in the plan's present pass.
    private boolean[] mask(DropoutPlan plan, int adapter) {
        float[] ones = new float[N];
        Arrays.fill(ones, 1);
        Tensor x = run.of(Shape.of(N), ones);
        run.dropout().apply(x, plan.p(), plan.seed(adapter), x);
        float[] kept = run.download(x);
        boolean[] mask = new boolean[N];
        for (int i = 0; i < N; i++) mask[i] = kept[i] != 0;
        return mask;
    }

    private boolean[] mask(long pass, int adapter) {
        DropoutPlan plan = new DropoutPlan(P);
        plan.train(pass);
        return mask(plan, adapter);
    }

    /// Two independent masks agree in (1−p)² + p² of all places; five standard deviations around it.
    private static void assertIndependent(boolean[] a, boolean[] b, int shift) {
        int agree = 0;
        for (int i = 0; i + shift < N; i++) if (a[i + shift] == b[i]) agree++;
        double q = (1 - P) * (1 - P) + P * P;
        assertThat(Math.abs(agree - (N - shift) * q))
                .as("shifted by %d", shift)
                .isLessThanOrEqualTo(5 * Math.sqrt(N * q * (1 - q)));
    }

    @Test
    void masks_of_two_adapters_and_two_passes_are_independent() {
        boolean[] mask = mask(7, 0);
        for (int shift = 0; shift < 8; shift++) {
            assertIndependent(mask, mask(7, 1), shift);
            assertIndependent(mask, mask(8, 0), shift);
            assertIndependent(mask, mask(6, 0), shift);
            assertIndependent(mask(7, 1), mask(8, 1), shift);
        }
    }

    @Test
    void no_two_of_many_seeds_are_equal() {
        Set<Long> seeds = new HashSet<>();
        for (int pass = 0; pass < 300; pass++) {
            DropoutPlan plan = new DropoutPlan(P);
            plan.train(pass);
            for (int adapter = 0; adapter < 300; adapter++) seeds.add(plan.seed(adapter));
        }
        assertThat(seeds).hasSize(90_000);
    }

    @Test
    void the_same_pass_draws_the_same_mask() {
        assertThat(mask(7, 3)).isEqualTo(mask(7, 3));
    }

    @Test
    void it_is_off_until_training_and_in_evaluation() {
        DropoutPlan plan = new DropoutPlan(P);
        assertThat(plan.isOn()).isFalse();
        plan.train(1);
        assertThat(plan.isOn()).isTrue();
        plan.evaluate();
        assertThat(plan.isOn()).isFalse();
        DropoutPlan none = new DropoutPlan(0);
        none.train(1);
        assertThat(none.isOn()).isFalse();
    }

    @Test
    void a_model_drops_in_training_alone() {
        Llama model = TinyModel.of(run, false);
        LoraConfig config = new LoraConfig(
                4,
                8,
                P,
                false,
                Targets.parse("q_proj,v_proj"),
                List.of(),
                new LinkedHashMap<>(),
                new LinkedHashMap<>(),
                List.of(),
                List.of(),
                List.of());
        AdaptedModel m = AdaptedModel.fresh(model, config, run, new SplittableRandom(5));
        TinyModel.perturb(m, run);
        float[] whole = TinyModel.logits(model, run);
        m.dropout().train(1);
        float[] dropped = TinyModel.logits(model, run);
        assertThat(dropped).isNotEqualTo(whole).isEqualTo(TinyModel.logits(model, run));
        m.dropout().train(2);
        assertThat(TinyModel.logits(model, run)).isNotEqualTo(dropped);
        m.dropout().evaluate();
        assertThat(TinyModel.logits(model, run)).isEqualTo(whole);
    }

    /// The mean over many masks of a value dropped is the value: here of one adapter's output.
    @Test
    void the_expectation_is_what_evaluation_computes() {
        int passes = 400;
        double sum = 0;
        for (int pass = 0; pass < passes; pass++) {
            for (boolean kept : mask(pass, 0)) sum += kept ? 1 / (1 - P) : 0;
        }
        double sigma = Math.sqrt(P / (1 - P) / ((double) passes * N));
        assertThat(Math.abs(sum / ((double) passes * N) - 1)).isLessThanOrEqualTo(5 * sigma);
    }
}
