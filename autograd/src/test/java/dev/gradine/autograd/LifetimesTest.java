package dev.gradine.autograd;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static dev.gradine.autograd.op.SwiGlu.swiGlu;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is released or made again changes no bit of a result; what is read too late fails.
class LifetimesTest {

    private static final Shape ROWS = Shape.of(3, 16);
    private static final long BYTES = 4L * 3 * 16; // a multiple of a cache line

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Tensor values(Kernels k, long seed) {
        return k.of(ROWS, Cases.plain(seed, ROWS.size(), 1));
    }

    /// One op of a random graph: what it is and which results it reads.
    private record Step(int op, int a, int b) {}

    /// What is done with a result after its last reader.
    private enum After {
        KEEP,
        RELEASE,
        RECOMPUTE
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void gradients_are_the_same_to_the_bit_whatever_is_held(long seed) {
        List<float[]> kept = gradients(seed, List.of(After.KEEP));
        for (List<After> mix : List.of(List.of(After.RELEASE), List.of(After.RECOMPUTE), List.of(After.values()))) {
            List<float[]> got = gradients(seed, mix);
            for (int i = 0; i < kept.size(); i++) assertThat(got.get(i)).isEqualTo(kept.get(i));
        }
    }

    /// Sixty ops; released memory is NaN before it serves the next.
    private List<float[]> gradients(long seed, List<After> mix) {
        SplittableRandom rng = new SplittableRandom(seed);
        List<Step> plan = new ArrayList<>();
        int[] lastReader = new int[63];
        for (int i = 0; i < 60; i++) {
            Step s = new Step(rng.nextInt(7), rng.nextInt(3 + i), rng.nextInt(3 + i));
            plan.add(s);
            lastReader[s.a()] = i;
            if (s.op() < 3) lastReader[s.b()] = i;
        }
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            List<Var> made = new ArrayList<>(List.of(t.leaf(values(k, 1)), t.leaf(values(k, 2)), t.leaf(values(k, 3))));
            Var norm = t.leaf(k.of(Shape.of(16), Cases.plain(4, 16, 1)));
            Var square = t.leaf(k.of(Shape.of(16, 16), Cases.plain(5, 256, 0.3f)));
            for (int i = 0; i < 60; i++) {
                made.add(op(plan.get(i), made, norm, square));
                for (int j = 0; j < made.size(); j++) {
                    if (lastReader[j] == i && j >= 3) finish(made.get(j), mix.get(rng.nextInt(mix.size())));
                }
            }
            Var all = made.getLast();
            for (int j = 3; j < 62; j++) if (lastReader[j] == 0) all = add(all, made.get(j));
            t.backward(mean(rmsNorm(all, norm, 1e-2f)));
            List<float[]> grads = new ArrayList<>();
            for (Var v : List.of(norm, square)) if (v.hasGrad()) grads.add(k.download(v.grad()));
            for (Var v : made.subList(0, 3)) if (v.hasGrad()) grads.add(k.download(v.grad()));
            return grads;
        }
    }

    private static Var op(Step s, List<Var> made, Var norm, Var square) {
        Var a = made.get(s.a());
        Var b = made.get(s.b());
        return switch (s.op()) {
            case 0 -> add(a, b);
            case 1 -> sub(a, b);
            case 2 -> swiGlu(a, b);
            case 3 -> matMul(a, square);
            case 4 -> scale(a, 0.5f);
            case 5 -> sliceRows(scale(a, 2), 0, 3); // a view: stays
            default -> rmsNorm(a, norm, 1e-2f);
        };
    }

    private static void finish(Var v, After after) {
        if (after == After.RELEASE) v.release();
        if (after != After.RECOMPUTE) return;
        try {
            v.recompute();
        } catch (IllegalStateException e) { // what it was made of has been released
            v.release();
        }
    }

    @Test
    void an_op_that_reads_a_released_value_is_refused() {
        for (Tape t : List.of(Tape.recording(run.openStep()), Tape.noGrad(run.openStep()))) {
            try (Kernels k = t.kernels()) {
                Var x = t.leaf(values(k, 1));
                Var h = scale(x, 2);
                h.release();
                assertThatThrownBy(() -> add(x, h))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("tape: input F32[3, 16] of add was released, expected one still held (release a"
                                + " value after the last op that reads it)");
            }
        }
    }

    @Test
    void what_is_made_again_needs_what_it_is_made_of() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var a = scale(t.leaf(values(k, 1)), 2);
            Var b = scale(a, 3);
            a.release();
            swiGlu(b, b);
            assertThatThrownBy(b::recompute)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("recompute: F32[3, 16] is made from F32[3, 16], which was released,"
                            + " expected one still held");
        }
    }

    @Test
    void what_backward_does_not_read_serves_the_next_op() {
        for (Tape t : List.of(Tape.recording(run.openStep()), Tape.noGrad(run.openStep()))) {
            try (Kernels k = t.kernels()) {
                Var h = t.leaf(values(k, 1));
                for (int i = 0; i < 20; i++) {
                    Var next = scale(h, 2);
                    h.release(); // the leaf stays, as leaves do
                    h = next;
                }
                assertThat(k.bytesInUse() - run.bytesInUse()).isLessThanOrEqualTo(6 * BYTES);
                assertThat(t.lifetimes().bytesHeld()).isEqualTo(BYTES);
            }
        }
    }

    @Test
    void what_backward_reads_is_held_for_it_and_no_longer() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var a = scale(t.leaf(values(k, 1)), 2);
            Var b = scale(t.leaf(values(k, 2)), 2);
            Var y = swiGlu(a, b);
            a.release();
            b.recompute();
            assertThat(a.value().hasData()).isTrue();
            assertThat(b.value().hasData()).isFalse();
            t.backward(mean(y));
            assertThat(a.value().hasData()).isFalse();
            assertThat(b.value().hasData()).isFalse();
            assertThat(y.value().hasData()).isTrue(); // nobody has said a word of it
        }
    }

    @Test
    void views_leaves_constants_and_results_that_are_inputs_stay() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var leaf = t.leaf(values(k, 1));
            Var constant = t.constant(values(k, 2));
            Var h = scale(leaf, 2);
            Var view = sliceRows(h, 1, 2);
            Var same = t.apply(new Same(), h);
            for (Var v : List.of(leaf, constant, view, same)) {
                v.release();
                v.recompute();
                assertThat(v.value().hasData()).isTrue();
            }
            h.release(); // but Same has kept no record of what it reads again
            assertThat(h.value().hasData()).isTrue();
        }
    }

    /// A researcher's op that returns its input and keeps no record.
    private record Same() implements CustomOp<Integer> {
        @Override
        public Forward<Integer> forward(Kernels k, List<Tensor> in) {
            return new Forward<>(in.getFirst(), 0);
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, Integer saved, Tensor dy) {
            return Arrays.<@Nullable Tensor>asList(dy);
        }
    }

    @Test
    void tensors_are_found_in_records_lists_and_views() {
        record Inner(Tensor c) {}
        record Saved(
                Tensor a,
                List<Tensor> more,
                Inner inner,
                @Nullable Tensor none,
                float eps) {}
        Tensor a = values(run, 1);
        Tensor b = values(run, 2);
        Tensor c = values(run, 3);
        assertThat(SavedTensors.of(new Saved(a, List.of(b.rows(0, 1), a), new Inner(c), null, 1)))
                .containsExactly(a, b, c);
    }
}
