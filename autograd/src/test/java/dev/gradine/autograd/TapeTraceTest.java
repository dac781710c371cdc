package dev.gradine.autograd;

import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Steps of a few ops whose lives can be told by hand.
class TapeTraceTest {

    private final Kernels run = CpuKernels.open();
    private final Param w = Param.trained("layers.0.w", run.of(Shape.of(2, 2), 2, 0, 0, 2), run);
    private final Param v = Param.trained("layers.1.v", run.of(Shape.of(1, 2), 3, 4), run);

    @AfterEach
    void close() {
        run.close();
    }

    private List<TracedOp> trace(Function<Var, Var> model) {
        try (Kernels k = run.openStep()) {
            TapeTrace trace = new TapeTrace(k);
            Tape tape = Tape.probed(k, trace);
            tape.backward(model.apply(tape.constant(k.of(Shape.of(1, 2), 0.5f, 0.25f))));
            return trace.ops();
        }
    }

    private static Var by(Param p, Var x) {
        return matMul(x, x.tape().param(p));
    }

    /// y = 10 · exp(x w) v: dy/d(exp) = 10 v, dy/d(x w) = 10 v · exp(x w).
    @Test
    void ops_stand_in_order_with_shape_bytes_place_and_norm_of_gradient() {
        List<TracedOp> ops = trace(x -> scale(by(v, exp(by(w, x))), 10));
        assertThat(ops).extracting(TracedOp::name).containsExactly("MatMul", "exp", "MatMul", "scale");
        assertThat(ops)
                .extracting(TracedOp::place)
                .containsExactly("at layers.0.w", "after layers.0.w", "at layers.1.v", "after layers.1.v");
        assertThat(ops)
                .extracting(o -> o.result().shape().toString())
                .containsExactly("[1, 2]", "[1, 2]", "[1, 1]", "[1, 1]");
        assertThat(ops).extracting(o -> o.result().bytes()).containsExactly(8L, 8L, 4L, 4L);
        double e0 = Math.exp(1);
        double e1 = Math.exp(0.5);
        double[] norms = {Math.hypot(30 * e0, 40 * e1), 50, 10, 1};
        for (int i = 0; i < norms.length; i++) {
            assertThat(ops.get(i).gradient()).isCloseTo(norms[i], within(1e-6 * norms[i]));
        }
    }

    /// Four ops forward are events 0 to 3, and their backward passes 4 to 7, the last op first.
    @Test
    void a_result_is_held_to_the_end_unless_it_is_released() {
        assertThat(trace(x -> scale(by(v, exp(by(w, x))), 10)))
                .extracting(o -> o.life().made() + "–" + o.life().gone())
                .containsExactly("0–9", "1–9", "2–9", "3–9");
        List<TracedOp> released = trace(x -> {
            Var a = by(w, x);
            Var e = exp(a);
            a.release(); // exp reads its own result again, not a
            Var b = by(v, e);
            e.release(); // the backward passes of the product and of exp read it
            return scale(b, 10);
        });
        assertThat(released.get(0).life().gone()).isEqualTo(2);
        assertThat(released.get(1).life().gone()).isBetween(6, 8);
        assertThat(released).extracting(o -> o.life().again()).containsOnly(-1);
    }

    @Test
    void a_result_that_is_made_again_has_two_lives() {
        List<TracedOp> ops = trace(x -> {
            Var e = exp(by(w, x));
            Var b = by(v, e);
            e.recompute();
            return scale(b, 10);
        });
        TracedOp.Life life = ops.get(1).life();
        assertThat(life.gone()).isEqualTo(3);
        assertThat(life.again()).isBetween(5, 6);
        assertThat(life.goneAgain()).isGreaterThan(life.again());
    }

    @Test
    void what_a_checkpoint_computes_is_seen_twice_and_no_gradient_changes() {
        Function<Var, Var> plain = x -> by(v, exp(by(w, x)));
        List<TracedOp> ops = trace(x -> x.tape().checkpoint(in -> plain.apply(in.getFirst()), List.of(x)));
        assertThat(ops)
                .extracting(o -> o.life().backward())
                .containsExactly(false, false, false, false, true, true, true);
        assertThat(ops.get(3).name()).isEqualTo("GradientCheckpoint");
        assertThat(ops.get(0).gradient()).isNaN();
        float[] traced = values(w.grad());
        run.elementwise().fill(w.grad(), 0);
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            tape.backward(plain.apply(tape.constant(k.of(Shape.of(1, 2), 0.5f, 0.25f))));
        }
        assertThat(traced).containsExactly(values(w.grad())).isNotEqualTo(new float[4]);
    }

    private float[] values(Tensor t) {
        return run.download(t);
    }
}
