package dev.gradine.autograd;

import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.SwiGlu.swiGlu;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A checkpoint changes memory and time, and nothing else.
class GradientCheckpointTest {

    private static final Shape ROWS = Shape.of(4, 16);
    private static final long BYTES = 4L * 4 * 16; // a multiple of a cache line
    private static final int DEPTH = 5;

    private final Kernels run = CpuKernels.open();
    private final Param norm = trained("norm", 1, Shape.of(16));
    private final Param gate = trained("gate", 2, Shape.of(16, 16));

    @AfterEach
    void close() {
        run.close();
    }

    private Param trained(String name, long seed, Shape shape) {
        return Param.trained(name, run.of(shape, Cases.plain(seed, shape.size(), 0.5f)), run);
    }

    private static Tensor values(Kernels k, long seed) {
        return k.of(ROWS, Cases.plain(seed, ROWS.size(), 1));
    }

    private Var block(Var x) {
        Tape t = x.tape();
        Var n = rmsNorm(x, t.param(norm), 1e-2f);
        Var wide = swiGlu(matMul(dropout(n, 0.25f, 7), t.param(gate)), n);
        return add(x, wide);
    }

    private record Outcome(List<float[]> gradients, long peak, long saved) {}

    private Outcome train(boolean checkpoints, boolean tracked) {
        run.elementwise().fill(norm.grad(), 0);
        run.elementwise().fill(gate.grad(), 0);
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = tracked ? t.leaf(values(k, 3)) : t.constant(values(k, 3));
            Var h = x;
            for (int i = 0; i < DEPTH; i++) h = checkpoints ? t.checkpoint(this::block, h) : block(h);
            long before = t.lifetimes().bytesHeld();
            t.backward(mean(h));
            List<float[]> grads = new ArrayList<>(List.of(k.download(norm.grad()), k.download(gate.grad())));
            if (tracked) grads.add(k.download(x.grad()));
            return new Outcome(grads, before, t.bytesSavedByCheckpoints());
        }
    }

    @Test
    void gradients_are_the_same_to_the_bit() {
        for (boolean tracked : new boolean[] {true, false}) {
            List<float[]> plain = train(false, tracked).gradients();
            List<float[]> again = train(true, tracked).gradients();
            assertThat(again).hasSameSizeAs(plain);
            for (int i = 0; i < plain.size(); i++) {
                assertThat(again.get(i)).isEqualTo(plain.get(i));
                assertThat(plain.get(i)).isNotEqualTo(new float[plain.get(i).length]);
            }
        }
    }

    /// A block makes norm, 1/rms (one cache line at the most), dropout, linear, product and sum.
    @Test
    void only_results_are_held_and_what_is_saved_is_counted() {
        Outcome plain = train(false, true);
        Outcome again = train(true, true);
        assertThat(again.peak()).isEqualTo(DEPTH * BYTES);
        assertThat(plain.peak()).isEqualTo(DEPTH * (5 * BYTES + 4 * 4));
        assertThat(again.saved()).isEqualTo((DEPTH - 1) * (4 * BYTES + 4 * 4));
        assertThat(plain.saved()).isZero();
    }

    @Test
    void a_forgetting_tape_keeps_the_result_alone() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.noGrad(k);
            Var y = t.checkpoint(this::block, t.constant(values(k, 3)));
            assertThat(t.lifetimes().bytesHeld()).isEqualTo(BYTES);
            assertThat(y.requiresGrad()).isFalse();
        }
    }

    @Test
    void inputs_may_be_several_and_share_a_gradient() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var a = t.leaf(values(k, 1));
            Var b = t.leaf(values(k, 2));
            Var h = scale(a, 3);
            Var y = t.checkpoint(in -> scale(add(in.get(0), add(in.get(1), in.get(2))), 2), List.of(h, b, h));
            t.backward(mean(add(y, b)));
            for (float g : k.download(a.grad())) assertThat(g).isEqualTo(12 / 64f);
            for (float g : k.download(b.grad())) assertThat(g).isEqualTo(3 / 64f);
        }
    }

    @Test
    void a_block_may_return_its_input_and_may_hold_blocks() {
        UnaryOperator<Var> nested = x -> x.tape().checkpoint(this::block, x);
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(values(k, 1));
            t.backward(mean(t.checkpoint(nested, t.checkpoint(v -> v, x))));
            float[] got = k.download(x.grad());
            Tape plain = Tape.recording(k);
            Var y = plain.leaf(values(k, 1));
            plain.backward(mean(block(y)));
            assertThat(got).isEqualTo(k.download(y.grad()));
        }
    }

    @Test
    void refuses_variables_of_the_tape_around_it() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(values(k, 1));
            assertThatThrownBy(() -> t.checkpoint(v -> add(v, x), x))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tape: an input belongs to another tape");
            assertThatThrownBy(() -> t.checkpoint(_ -> x, x))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("checkpoint: the block's result is on another tape, expected one on the tape of the"
                            + " variables it is given");
        }
    }
}
