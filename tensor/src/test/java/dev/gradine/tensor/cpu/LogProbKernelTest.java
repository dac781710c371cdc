package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogProbKernelTest {

    private static final int ROWS = 3;

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes().filter(v -> v > 1), IntStream.of(49_152));
    }

    private static double lse(double[] z, int at, int v) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < v; i++) max = Math.max(max, z[at + i]);
        double sum = 0;
        for (int i = 0; i < v; i++) sum += Math.exp(z[at + i] - max);
        return max + Math.log(sum);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void forward_is_the_formula_with_and_without_statistics(int v) {
        float[] z = Cases.mild(1, ROWS * v);
        int[] targets = Cases.indices(2, ROWS, v);
        double[] logProbs = new double[ROWS];
        double[] lses = new double[ROWS];
        double[] entropies = new double[ROWS];
        double[] means = new double[ROWS];
        double[] collisions = new double[ROWS];
        int[] argmax = new int[ROWS];
        double[] zd = Cases.doubles(z);
        for (int row = 0; row < ROWS; row++) {
            lses[row] = lse(zd, row * v, v);
            logProbs[row] = zd[row * v + targets[row]] - lses[row];
            for (int i = 0; i < v; i++) {
                double logp = zd[row * v + i] - lses[row];
                entropies[row] -= Math.exp(logp) * logp;
                means[row] += zd[row * v + i] / v;
                collisions[row] += Math.exp(2 * logp);
                if (z[row * v + i] > z[row * v + argmax[row]]) argmax[row] = i;
            }
        }
        try (Arena arena = Arena.ofShared();
                Tensors t = new Tensors()) {
            Tensor logits = t.of(Shape.of(ROWS, v), z);
            Tensor lse = t.unwritten(Shape.of(ROWS));
            Tensor logProb = t.unwritten(Shape.of(ROWS));
            LogProbCpu.KERNEL.forward(logits, t.ints(targets), logProb, lse, null);
            Tolerance tolerance = Tolerance.elementwise(8, 12); // logits up to 3 and lse up to 12, then a difference
            Teeth.bite(t.values(logProb), got -> tolerance.check("logProb", got, logProbs));
            Teeth.bite(t.values(lse), got -> tolerance.check("lse", got, lses));

            Stats stats = new Stats(
                    t.unwritten(Shape.of(ROWS)),
                    Tensor.zeros(arena, DType.I32, Shape.of(ROWS)),
                    t.unwritten(Shape.of(ROWS)),
                    t.unwritten(Shape.of(ROWS)));
            LogProbCpu.KERNEL.forward(logits, t.ints(targets), logProb, lse, stats);
            tolerance.check("logProb", t.values(logProb), logProbs);
            tolerance.check("lse", t.values(lse), lses);
            Teeth.bite(t.values(stats.entropy()), got -> tolerance.check("entropy", got, entropies));
            double[] logs = DoubleStream.of(collisions).map(Math::log).toArray();
            Teeth.bite(
                    t.values(Objects.requireNonNull(stats.collision())),
                    got -> tolerance.check("collision", got, logs));
            Teeth.bite(
                    t.values(stats.meanLogit()),
                    got -> Tolerance.elementwise(8, 3).check("meanLogit", got, means));
            assertThat(t.intValues(stats.argmax())).isEqualTo(argmax);
        }
    }

    /// The largest logit comes piece by piece, so that the sums have to move; the last one by more than e^88.
    @Test
    void logits_that_climb_through_the_vocabulary_are_summed_without_overflow() {
        int v = 30_000;
        float[] z = Cases.mild(1, v);
        for (int i = 0; i < v; i++) z[i] += i / 4096 * 20 - (i < 4096 ? 200 : 0);
        z[29_999] = 300;
        z[29_998] = 299;
        double[] zd = Cases.doubles(z);
        double expected = lse(zd, 0, v);
        double entropy = 0;
        for (double logit : zd) entropy -= Math.exp(logit - expected) * (logit - expected);
        try (Arena arena = Arena.ofShared();
                Tensors t = new Tensors()) {
            Tensor argmax = Tensor.zeros(arena, DType.I32, Shape.of(1));
            Stats stats =
                    new Stats(t.unwritten(Shape.of(1)), argmax, t.unwritten(Shape.of(1)), t.unwritten(Shape.of(1)));
            Tensor lse = t.unwritten(Shape.of(1));
            Tensor logProb = t.unwritten(Shape.of(1));
            LogProbCpu.KERNEL.forward(t.of(Shape.of(1, v), z), t.ints(29_998), logProb, lse, stats);
            Tolerance.elementwise(2).check("lse", t.values(lse)[0], expected);
            Tolerance.elementwise(8).check("logProb", t.values(logProb)[0], 299 - expected);
            double h = entropy;
            Teeth.bite(
                    t.values(stats.entropy()),
                    got -> Tolerance.elementwise(8, 1).check("entropy", got, new double[] {h}));
            assertThat(t.intValues(argmax)).containsExactly(29_999);
        }
    }

    @Test
    void a_first_piece_of_impossible_tokens_and_a_nan_are_told_apart() {
        int v = 10_000;
        float[] z = new float[v];
        for (int i = 0; i < 5_000; i++) z[i] = Float.NEGATIVE_INFINITY;
        try (Tensors t = new Tensors()) {
            Tensor lse = t.unwritten(Shape.of(1));
            Tensor logProb = t.unwritten(Shape.of(1));
            LogProbCpu.KERNEL.forward(t.of(Shape.of(1, v), z), t.ints(9_000), logProb, lse, null);
            Tolerance.elementwise(2).check("lse", t.values(lse)[0], Math.log(5_000));
            z[7_000] = Float.NaN;
            LogProbCpu.KERNEL.forward(t.of(Shape.of(1, v), z), t.ints(9_000), logProb, lse, null);
            assertThat(t.values(lse)[0]).isNaN();
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void backward_overwrites_logits_with_the_slope(int v) {
        float[] z = Cases.mild(1, ROWS * v);
        int[] targets = Cases.indices(2, ROWS, v);
        float[] d = {0.7f, 0, -1.3f};
        try (Tensors t = new Tensors()) {
            Tensor logits = t.of(Shape.of(ROWS, v), z);
            Tensor lse = t.unwritten(Shape.of(ROWS));
            LogProbCpu.KERNEL.forward(logits, t.ints(targets), t.unwritten(Shape.of(ROWS)), lse, null);
            LogProbCpu.KERNEL.backward(t.of(d), t.ints(targets), lse, 0.2f, logits);
            float[] all = t.values(logits);
            double[] zd = Cases.doubles(z);
            int[] picks = IntStream.concat(
                            IntStream.range(0, ROWS).map(row -> row * v + targets[row]),
                            IntStream.range(0, 20).map(i -> (int) ((long) i * ROWS * v / 20)))
                    .toArray();
            float[] got = new float[picks.length];
            double[] expected = new double[picks.length];
            for (int p = 0; p < picks.length; p++) {
                int row = picks[p] / v;
                got[p] = all[picks[p]];
                expected[p] = d[row] * FiniteDifference.of(x -> smoothed(x, row * v, v, targets[row]), zd, picks[p]);
            }
            Teeth.bite(got, g -> Tolerance.slope(1, 20).check("dz", g, expected));
        }
    }

    private static double smoothed(double[] z, int from, int v, int target) {
        double mean = 0;
        for (int i = 0; i < v; i++) mean += z[from + i] / v;
        return (1 - 0.2f) * z[from + target] + 0.2f * mean - lse(z, from, v);
    }

    @Test
    void an_impossible_token_leaves_the_statistics_finite() {
        try (Arena arena = Arena.ofShared();
                Tensors t = new Tensors()) {
            float[] z = new float[40];
            for (int i = 0; i < 40; i++) z[i] = i % 2 == 0 ? Float.NEGATIVE_INFINITY : 1e4f;
            Tensor entropy = t.unwritten(Shape.of(1));
            Tensor argmax = Tensor.zeros(arena, DType.I32, Shape.of(1));
            Tensor logProb = t.unwritten(Shape.of(1));
            LogProbCpu.KERNEL.forward(
                    t.of(Shape.of(1, 40), z),
                    t.ints(3),
                    logProb,
                    t.unwritten(Shape.of(1)),
                    new Stats(entropy, argmax, t.unwritten(Shape.of(1)), t.unwritten(Shape.of(1))));
            Tolerance.elementwise(4).check("entropy", t.values(entropy)[0], Math.log(20));
            Tolerance.elementwise(4).check("logProb", t.values(logProb)[0], -Math.log(20));
            assertThat(t.intValues(argmax)).containsExactly(1); // the first of the ties
        }
    }
}
