package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.autograd.op.Mean;
import dev.gradine.autograd.op.Reshape;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A mixture of experts against its formula, expert by expert and token by token.
class ExpertsTest {

    private static final int N = 5;
    private static final int C = 4;
    private static final int M = 3;
    private static final int E = 6; // more than five tokens with two each need to reach

    private final Kernels run = CpuKernels.open();
    private final float[] x = Cases.plain(1, N * C, 1);
    private final float[] router = Cases.plain(2, E * C, 1);
    private final float[] gate = Cases.plain(3, E * M * C, 1);
    private final float[] up = Cases.plain(4, E * M * C, 1);
    private final float[] down = Cases.plain(5, E * C * M, 1);

    @AfterEach
    void close() {
        run.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void forward_is_the_formula(boolean sumsToOne) {
        float[] y = run.download(layer(sumsToOne)
                .forward(input(Tape.noGrad(run)), pass(Tape.noGrad(run)))
                .value());
        Teeth.bite(
                y,
                v -> Tolerance.dot(C + M + 2, 3, 3)
                        .check("y", v, formula(Cases.doubles(x), Cases.doubles(router), sumsToOne)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradients_are_the_slopes_of_the_formula(boolean sumsToOne) {
        Tape tape = Tape.recording(run);
        Param h = Param.trained("x", run.of(Shape.of(N, C), x), run);
        Param w = Param.trained("gate.weight", run.of(Shape.of(E, C), router), run);
        Experts layer = layer(sumsToOne);
        var trained = GivenAdapters.of(layer.router().weight(), w);
        Var y = layer.forward(tape.param(h), pass(tape).with(trained));
        Var squares = Functions.square(y);
        tape.backward(Mean.mean(Reshape.reshape(squares, N * C)));
        double[] dx = FiniteDifference.of(v -> loss(v, Cases.doubles(router), sumsToOne), Cases.doubles(x));
        double[] dw = FiniteDifference.of(v -> loss(Cases.doubles(x), v, sumsToOne), Cases.doubles(router));
        Teeth.bite(run.download(h.grad()), g -> slopes(dx).check("dx", g, dx));
        Teeth.bite(run.download(w.grad()), g -> slopes(dw).check("dw", g, dw));
    }

    @Test
    void rows_that_no_expert_has_are_refused() {
        Tape tape = Tape.noGrad(run);
        Var w = tape.constant(run.of(Shape.of(2, C), new float[2 * C]));
        ExpertRows rows = new ExpertRows(List.of(0, 2, 4), 4);
        assertThatThrownBy(() -> ExpertProduct.expertProduct(input(tape), List.of(w, w), rows))
                .isInstanceOf(ShapeException.class)
                .hasMessage("expert_product: x is [5, 4], expected 4 rows");
    }

    private static Tolerance slopes(double[] expected) {
        double largest = 0;
        for (double d : expected) largest = Math.max(largest, Math.abs(d));
        return Tolerance.gradient(largest);
    }

    private Var input(Tape tape) {
        return tape.constant(run.of(Shape.of(N, C), x));
    }

    private static Pass pass(Tape tape) {
        return Pass.of(tape, TokenBatch.of(List.of(new int[N])));
    }

    private Experts layer(boolean sumsToOne) {
        RouterRules.Shares shares = sumsToOne ? RouterRules.Shares.SUM_TO_ONE : RouterRules.Shares.PLAIN;
        @Nullable Weight none = null;
        Router r = new Router(
                weight("gate.weight", router, E, C),
                none,
                RouterRules.Scores.SOFTMAX,
                new RouterRules.Best(2),
                shares,
                0);
        ExpertLinear wide = new ExpertLinear("experts.gate_up_proj", List.of(all(gate, M, C), all(up, M, C)));
        var narrow = new ExpertLinear("experts.down_proj", List.of(all(down, C, M)));
        return new Experts(r, Experts.Inner.halves(Gated.SILU), wide, narrow, false);
    }

    private List<Weight> all(float[] values, int out, int in) {
        List<Weight> each = new ArrayList<>();
        for (int e = 0; e < E; e++) {
            float[] own = new float[out * in];
            System.arraycopy(values, e * own.length, own, 0, own.length);
            each.add(weight("experts." + e, own, out, in));
        }
        return each;
    }

    private Weight weight(String path, float[] values, int rows, int columns) {
        return new Weight(path, Param.frozen(path, run.of(Shape.of(rows, columns), values)));
    }

    private double loss(double[] x, double[] w, boolean sumsToOne) {
        double sum = 0;
        for (double y : formula(x, w, sumsToOne)) sum += y * y;
        return sum / (N * C);
    }

    /// Token by token, in double.
    private double[] formula(double[] x, double[] w, boolean sumsToOne) {
        double[] y = new double[N * C];
        for (int t = 0; t < N; t++) {
            double[] p = new double[E];
            double all = 0;
            for (int e = 0; e < E; e++) p[e] = Math.exp(dot(w, e * C, x, t * C, C));
            for (double q : p) all += q;
            for (int e = 0; e < E; e++) p[e] /= all;
            int first = best(p, -1);
            int second = best(p, first);
            double scale = sumsToOne ? p[first] + p[second] : 1;
            for (int e : new int[] {first, second}) expert(e, p[e] / scale, x, t, y);
        }
        return y;
    }

    private static int best(double[] p, int not) {
        int best = -1;
        for (int e = 0; e < E; e++) if (e != not && (best < 0 || p[e] > p[best])) best = e;
        return best;
    }

    private void expert(int e, double share, double[] x, int t, double[] y) {
        for (int m = 0; m < M; m++) {
            double g = dot(Cases.doubles(gate), (e * M + m) * C, x, t * C, C);
            double u = dot(Cases.doubles(up), (e * M + m) * C, x, t * C, C);
            double inner = g / (1 + Math.exp(-g)) * u;
            for (int c = 0; c < C; c++) y[t * C + c] += share * down[(e * C + c) * M + m] * inner;
        }
    }

    private static double dot(double[] a, int at, double[] b, int from, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += a[at + i] * b[from + i];
        return sum;
    }
}
