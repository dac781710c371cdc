package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// When values are dropped, and that no two masks have to do with each other.
class LoraDropoutTest {

    private static final int N = 20_000;
    private static final float P = 0.25f;

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// Which of N values adapter number `adapter` keeps in pass number `pass`.
    private boolean[] mask(long pass, int adapter) {
        float[] ones = new float[N];
        Arrays.fill(ones, 1);
        Tensor x = run.of(Shape.of(N), ones);
        run.dropout().apply(x, P, LoraLinear.seed(pass, adapter), x);
        float[] kept = run.download(x);
        boolean[] mask = new boolean[N];
        for (int i = 0; i < N; i++) mask[i] = kept[i] != 0;
        return mask;
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
            for (int adapter = 0; adapter < 300; adapter++) seeds.add(LoraLinear.seed(pass, adapter));
        }
        assertThat(seeds).hasSize(90_000);
    }

    @Test
    void the_same_pass_draws_the_same_mask() {
        assertThat(mask(7, 3)).isEqualTo(mask(7, 3));
    }

    private AdapterSet adapted(CausalLm model, float p) {
        AdapterSet m = AdapterSet.fresh(
                model, Lora.of(4, 8).dropping(p), Selection.of("q_proj,v_proj"), run, new SplittableRandom(5));
        TinyModel.perturb(m, run);
        return m;
    }

    /// Logits of a pass with `set` that was changed by `mode`.
    private float[] logits(CausalLm model, AdapterSet set, UnaryOperator<Pass> mode) {
        try (Kernels k = run.openStep()) {
            Pass pass =
                    mode.apply(new Policy(model, set).pass(Tape.noGrad(k), TokenBatch.of(List.of(TinyModel.TOKENS))));
            return k.download(model.head().logits(model.hidden(pass), pass).value());
        }
    }

    @Test
    void a_pass_drops_in_training_alone() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet m = adapted(model, P);
        float[] whole = TinyModel.logits(new Policy(model, m), run);
        float[] dropped = logits(model, m, p -> p.training(1));
        assertThat(dropped).isNotEqualTo(whole).isEqualTo(logits(model, m, p -> p.training(1)));
        assertThat(logits(model, m, p -> p.training(2))).isNotEqualTo(dropped);
        assertThat(logits(model, m, p -> p)).isEqualTo(whole);
        assertThat(logits(model, m, p -> p.checkpointing(true))).isEqualTo(whole);
    }

    @Test
    void nothing_drops_with_a_probability_of_zero() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet none = adapted(model, 0);
        assertThat(logits(model, none, p -> p.training(1)))
                .isEqualTo(TinyModel.logits(new Policy(model, none), run))
                .isEqualTo(TinyModel.logits(new Policy(model, adapted(model, P)), run));
    }

    /// With A = B = 1 and s = 1 over a zero weight, the layer's output is the value it was given, dropped or not.
    @Test
    void the_mask_is_that_of_the_seed_of_pass_and_adapter() {
        float[] ones = new float[N];
        Arrays.fill(ones, 1);
        Weight w = new Weight("w.weight", Param.frozen("w.weight", run.zeros(Shape.of(1, 1))));
        Linear layer = new Linear("w", w, null);
        Param one = Param.frozen("one", run.of(Shape.of(1, 1), 1));
        for (int adapter : new int[] {0, 3}) {
            LoraLinear lora = new LoraLinear(one, one, 1, P, adapter);
            try (Kernels k = run.openStep()) {
                Pass pass = Pass.of(Tape.noGrad(k)).training(7);
                Var x = pass.tape().constant(k.of(Shape.of(N, 1), ones));
                float[] y = k.download(lora.apply(layer, x, pass).value());
                boolean[] mask = mask(7, adapter);
                for (int i = 0; i < N; i++) assertThat(y[i]).isEqualTo(mask[i] ? 1 / (1 - P) : 0);
            }
        }
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
