package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Mean;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a pass tells of itself, and that each method changes one thing.
class PassTest {

    private static final TokenBatch BATCH = TokenBatch.of(List.of(new int[] {3, 30, 0, 36}, new int[] {1, 2, 3}));

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Adapters virtual(int count) {
        return new Adapters() {
            @Override
            public int virtualTokens() {
                return count;
            }
        };
    }

    @Test
    void it_starts_with_the_checkpoints_weights_in_evaluation() {
        Tape tape = Tape.recording(run);
        Pass p = Pass.of(tape, BATCH);
        assertThat(p.tape()).isSameAs(tape);
        assertThat(p.batch()).isSameAs(BATCH);
        assertThat(p.rows()).isSameAs(BATCH);
        assertThat(p.adapters()).isSameAs(Adapters.NONE);
        assertThat(p.isTraining()).isFalse();
        assertThat(p.checkpoints()).isFalse();
        assertThat(p.cache()).isNull();
    }

    @Test
    void each_method_changes_one_thing_and_leaves_the_pass_itself_alone() {
        Pass plain = Pass.of(Tape.recording(run), BATCH);
        Adapters one = virtual(1);
        for (Pass p : List.of(
                plain.training(7).with(one).checkpointing(true),
                plain.checkpointing(true).with(one).training(7))) {
            assertThat(p.isTraining()).isTrue();
            assertThat(p.seed()).isEqualTo(7);
            assertThat(p.checkpoints()).isTrue();
            assertThat(p.adapters()).isSameAs(one);
            assertThat(p.batch()).isSameAs(BATCH);
        }
        assertThat(plain.isTraining()).isFalse();
        assertThat(plain.checkpoints()).isFalse();
        assertThat(plain.adapters()).isSameAs(Adapters.NONE);
    }

    @Test
    void a_forgetting_tape_has_nothing_to_checkpoint() {
        assertThat(Pass.of(Tape.noGrad(run), BATCH).checkpointing(true).checkpoints())
                .isFalse();
    }

    @Test
    void virtual_tokens_stand_before_each_sequence() {
        TokenBatch rows = Pass.of(Tape.noGrad(run), BATCH).with(virtual(2)).rows();
        assertThat(rows.ids()).containsExactly(-1, -1, 3, 30, 0, 36, -1, -1, 1, 2, 3);
        assertThat(rows.positions()).containsExactly(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4);
        assertThat(rows.virtualRows()).containsExactly(0, 1, 6, 7);
        assertThat(rows.realRows()).containsExactly(2, 3, 4, 5, 8, 9, 10);
    }

    @Test
    void a_branch_has_the_virtual_tokens_of_the_sequence_it_continues() {
        TokenBatch branching =
                TokenBatch.branching(List.of(new int[] {7, 8}, new int[] {5}, new int[] {4, 9}), new int[] {-1, 0, -1});
        TokenBatch rows = Pass.of(Tape.noGrad(run), branching).with(virtual(1)).rows();
        assertThat(rows.ids()).containsExactly(-1, 7, 8, 5, -1, 4, 9);
        assertThat(rows.positions()).containsExactly(0, 1, 2, 3, 0, 1, 2);
        assertThat(rows.layout().parent(1)).isZero();
    }

    @Test
    void virtual_tokens_are_read_into_a_cache_once() {
        KvCache cache = new KvCache(run, 1, 8, 2);
        Pass first = Pass.continuing(Tape.noGrad(run), new int[] {4, 5}, cache).with(virtual(2));
        assertThat(first.rows().ids()).containsExactly(-1, -1, 4, 5);
        cache.advance(4);
        Pass next = Pass.continuing(Tape.noGrad(run), new int[] {6}, cache).with(virtual(2));
        assertThat(next.rows().ids()).containsExactly(6);
        assertThat(next.rows().positions()).containsExactly(4);
    }

    /// W = [[1,2,−1],[½,−1,3]], b = [.1,−.2], x = [1,−2,½].
    @Test
    void a_layer_runs_in_a_pass_without_tokens() {
        Weight w = new Weight("w.weight", Param.frozen("w.weight", run.of(Shape.of(2, 3), 1, 2, -1, 0.5f, -1, 3)));
        Weight b = new Weight("w.bias", Param.frozen("w.bias", run.of(Shape.of(2), 0.1f, -0.2f)));
        Pass pass = Pass.of(Tape.noGrad(run));
        assertThat(pass.batch().tokens()).isZero();
        assertThat(pass.rows().layout().count()).isZero();
        Var x = pass.tape().constant(run.of(Shape.of(1, 3), 1, -2, 0.5f));
        float[] y = run.download(new Linear("w", w, b).forward(x, pass).value());
        Teeth.bite(y, v -> Tolerance.dot(3, 3, 3).check("y", v, new double[] {-3.4, 3.8}));
    }

    /// Gradients of all weights, each trained as a copy of itself.
    private List<float[]> gradients(boolean checkpointing) {
        Decoder model = TinyLlama.of(run);
        GivenAdapters trained = new GivenAdapters();
        for (Weight w : model.weights()) {
            trained.weights().put(w, Param.trained(w.path(), w.param().value(), run));
        }
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Pass pass = Pass.of(tape, BATCH).with(trained).checkpointing(checkpointing);
            tape.backward(Mean.mean(model.head().logits(model.hidden(pass), pass)));
            assertThat(tape.bytesSavedByCheckpoints() > 0).isEqualTo(checkpointing);
        }
        List<float[]> all = new ArrayList<>();
        for (Weight w : model.weights()) all.add(run.download(trained.at(w).grad()));
        return all;
    }

    @Test
    void checkpointing_changes_no_bit() {
        List<float[]> want = gradients(false);
        List<float[]> got = gradients(true);
        assertThat(want).allSatisfy(g -> assertThat(g).isNotEqualTo(new float[g.length]));
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < got.size(); i++) assertThat(got.get(i)).isEqualTo(want.get(i));
    }
}
