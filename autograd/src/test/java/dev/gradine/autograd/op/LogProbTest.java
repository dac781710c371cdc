package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.LogProb.logProb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `log_prob` against the formula, its statistics, and what it refuses.
class LogProbTest {

    /// Three rows over a vocabulary of v.
    private static OpCheck scored(int v, float smoothing) {
        int[] targets = Cases.indices(5, 3, v);
        return OpCheck.of(
                (t, in) -> logProb(in.get(0), t.kernels().ofInts(targets), stats(t.kernels(), 3), smoothing),
                in -> reference(in.get(0), targets, smoothing),
                Shape.of(3, v));
    }

    static Stats stats(Kernels k, int n) {
        return new Stats(k.zeros(Shape.of(n)), k.empty(DType.I32, Shape.of(n)), k.zeros(Shape.of(n)));
    }

    static double[] reference(double[] z, int[] targets, float smoothing) {
        int v = z.length / targets.length;
        double[] y = new double[targets.length];
        for (int n = 0; n < y.length; n++) {
            double mean = Arrays.stream(z, n * v, (n + 1) * v).average().orElseThrow();
            y[n] = (1 - smoothing) * z[n * v + targets[n]] + smoothing * mean - lse(z, n * v, v);
        }
        return y;
    }

    private static double lse(double[] z, int from, int v) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = from; i < from + v; i++) max = Math.max(max, z[i]);
        double sum = 0;
        for (int i = from; i < from + v; i++) sum += Math.exp(z[i] - max);
        return max + Math.log(sum);
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_formula(int v) {
        scored(v, 0).forward(Tolerance.sum(v, 10));
        scored(v, 0.25f).forward(Tolerance.sum(v, 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 17, 65})
    void gradient_is_the_slope_of_the_reference(int v) {
        scored(v, 0).gradients(Tolerance.slope(1, 16));
        scored(v, 0.25f).gradients(Tolerance.slope(1, 16));
    }

    @Test
    void logits_of_ten_thousand_do_not_overflow() {
        scored(65, 0).wide().forward(Tolerance.elementwise(8, 1e4));
    }

    @Test
    void statistics_are_those_of_the_rows() {
        int v = 65;
        float[] z = Cases.mild(8, 2 * v);
        try (Kernels k = CpuKernels.open()) {
            Stats stats = stats(k, 2);
            Tape tape = Tape.noGrad(k);
            logProb(tape.constant(k.of(Shape.of(2, v), z)), k.ofInts(0, 1), stats);
            for (int n = 0; n < 2; n++) {
                double[] row = Cases.doubles(Arrays.copyOfRange(z, n * v, (n + 1) * v));
                Tolerance.sum(v, 10).check("entropy", k.download(stats.entropy())[n], entropy(row));
                Tolerance.sum(v, 3)
                        .check(
                                "mean",
                                k.download(stats.meanLogit())[n],
                                Arrays.stream(row).average().orElseThrow());
                assertThat(k.downloadInts(stats.argmax())[n]).isEqualTo(argmax(row));
            }
        }
    }

    private static double entropy(double[] row) {
        double lse = lse(row, 0, row.length);
        return Arrays.stream(row).map(z -> -Math.exp(z - lse) * (z - lse)).sum();
    }

    private static int argmax(double[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
        return best;
    }

    @Test
    void refuses_another_number_of_targets() {
        assertThatThrownBy(() ->
                        OpCheck.run((t, in) -> logProb(in.get(0), t.kernels().ofInts(0, 1), null), Shape.of(3, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("log_prob: targets is [2], expected [3] (rows of logits [3, 4])");
    }

    @Test
    void smoothing_needs_the_mean_logit() {
        assertThatThrownBy(() -> OpCheck.run(
                        (t, in) -> logProb(in.get(0), t.kernels().ofInts(0, 1), null, 0.1f), Shape.of(2, 4)))
                .hasMessage("log_prob: smoothing without stats, expected both");
    }
}
