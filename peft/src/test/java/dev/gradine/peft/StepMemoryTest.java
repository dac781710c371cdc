package dev.gradine.peft;

import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// What each layer of an adapted CausalLm costs in the memory of a step, to the byte, and that holding less changes no
/// bit.
class StepMemoryTest {

    private static final int N = 16; // so that every tensor below fills whole cache lines
    private static final int C = 24; // hidden states, queries, results of attention
    private static final int KV = 12;
    private static final int I = 40;
    private static final int RANK = 4;
    private static final int HEADS = 4;

    private static AdapterSet adapted(CausalLm model, float dropout, Kernels run) {
        Lora lora = Lora.of(RANK, 8).dropping(dropout);
        return AdapterSet.fresh(model, lora, Selection.of("all-linear"), run, new SplittableRandom(5));
    }

    private static TokenBatch batch() {
        return TokenBatch.of(List.of(new SplittableRandom(3).ints(N, 0, 37).toArray()));
    }

    /// Bytes that one layer more costs after the forward pass.
    private static long layer(Function<Kernels, Tape> tape, boolean checkpoints) {
        long[] used = new long[2];
        for (int i = 0; i < 2; i++) {
            try (Kernels run = CpuKernels.open()) {
                CausalLm model = TinyModel.of(run, true, 4 + i);
                AdapterSet m = adapted(model, 0, run);
                try (Kernels k = run.openStep()) {
                    model.hidden(Pass.of(tape.apply(k), batch()).with(m).checkpointing(checkpoints));
                    used[i] = run.peakStepBytes();
                }
            }
        }
        return used[1] - used[0];
    }

    @Test
    void a_layer_holds_what_backward_reads_and_cannot_make_again() {
        int perToken = C // what goes in
                + C
                + KV
                + KV // turned queries, turned keys, values
                + C
                + HEADS // result of attention, its log-sum-exp
                + C // after attention
                + I
                + I // gate, up
                + 7 * RANK // x Aᵀ of each adapter
                + 2; // 1/rms of each norm
        assertThat(layer(Tape::recording, false)).isEqualTo(4L * N * perToken);
    }

    @Test
    void a_checkpointed_layer_holds_what_goes_in() {
        assertThat(layer(Tape::recording, true)).isEqualTo(4L * N * C);
    }

    @Test
    void a_forgetting_tape_needs_nothing_for_a_further_layer() {
        assertThat(layer(Tape::noGrad, false)).isZero();
        assertThat(layer(Tape::noGrad, true)).isZero();
    }

    /// @param second seed of the masks from the end of the forward pass on
    private static List<float[]> gradients(float dropout, boolean checkpoints, long second) {
        try (Kernels run = CpuKernels.open()) {
            CausalLm model = TinyModel.of(run, true);
            AdapterSet m = adapted(model, dropout, run);
            TinyModel.perturb(m, run);
            AtomicLong seed = new AtomicLong(1);
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                Pass pass = Pass.of(tape, batch())
                        .with(new Reseeded(m, seed))
                        .training(1)
                        .checkpointing(checkpoints);
                Var y = model.head().logits(model.hidden(pass), pass);
                seed.set(second);
                tape.backward(mean(y));
            }
            List<float[]> all = new ArrayList<>();
            for (Param p : m.params()) all.add(run.download(p.grad()));
            return all;
        }
    }

    /// The adapters of `set`, which draw the masks of `seed` as it is when they are called: no pass could change it.
    private record Reseeded(AdapterSet set, AtomicLong seed) implements Adapters {
        @Override
        public LinearMap at(Linear layer) {
            LinearMap real = set.at(layer);
            return (base, x, pass) -> real.apply(base, x, pass.training(seed.get()));
        }

        @Override
        public boolean touches(Site site) {
            return set.touches(site);
        }
    }

    @Test
    void checkpointing_changes_no_bit_of_a_gradient() {
        for (float dropout : new float[] {0, 0.25f}) {
            assertSame(gradients(dropout, true, 1), gradients(dropout, false, 1));
        }
    }

    @Test
    void other_masks_in_the_second_forward_pass_would_show() {
        assertThat(gradients(0.25f, true, 2).getFirst())
                .isNotEqualTo(gradients(0.25f, true, 1).getFirst());
    }

    private static void assertSame(List<float[]> got, List<float[]> expected) {
        assertThat(got).hasSameSizeAs(expected);
        for (int i = 0; i < got.size(); i++) assertThat(got.get(i)).isEqualTo(expected.get(i));
    }
}
