package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerNormKernelTest {

    private static final float EPS = 1e-5f;
    private static final int ROWS = 3;

    static IntStream sizes() {
        return Cases.sizes().filter(c -> c > 1); // one value alone is its own mean: y is b
    }

    private static double[] reference(double[] x, double[] w, double[] b) {
        int c = w.length;
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += c) {
            double mean = 0;
            double var = 0;
            for (int i = 0; i < c; i++) mean += x[row + i] / c;
            for (int i = 0; i < c; i++) var += (x[row + i] - mean) * (x[row + i] - mean) / c;
            for (int i = 0; i < c; i++) y[row + i] = (x[row + i] - mean) / Math.sqrt(var + EPS) * w[i] + b[i];
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void forward_is_the_formula(int c) {
        float[] x = Cases.wide(1, ROWS * c);
        float[] w = Cases.plain(2, c, 2);
        float[] b = Cases.plain(3, c, 2);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(ROWS, c));
            Tensor mean = t.unwritten(Shape.of(ROWS));
            Tensor rstd = t.unwritten(Shape.of(ROWS));
            LayerNormCpu.KERNEL.forward(t.of(Shape.of(ROWS, c), x), t.of(w), t.of(b), EPS, y, mean, rstd);
            double[] expected = reference(Cases.doubles(x), Cases.doubles(w), Cases.doubles(b));
            double largest = Math.sqrt(c); // of (x − mean) · rstd
            Teeth.bite(
                    t.values(y),
                    got -> Tolerance.elementwise(4, 2 + 2 * largest).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void backward_is_the_slope_and_adds_into_dw_and_db(int c) {
        float[] x = Cases.plain(1, ROWS * c, 2);
        float[] w = Cases.plain(2, c, 2);
        float[] b = Cases.plain(3, c, 2);
        float[] dy = Cases.plain(4, ROWS * c, 2);
        float[] before = Cases.plain(5, c, 2);
        try (Tensors t = new Tensors()) {
            Shape shape = Shape.of(ROWS, c);
            Tensor mean = t.unwritten(Shape.of(ROWS));
            Tensor rstd = t.unwritten(Shape.of(ROWS));
            LayerNormCpu.KERNEL.forward(t.of(shape, x), t.of(w), t.of(b), EPS, t.unwritten(shape), mean, rstd);
            Tensor dx = t.of(shape, dy); // dx may be dy
            Tensor dw = t.of(before);
            Tensor db = t.of(before);
            LayerNormCpu.KERNEL.backward(dx, t.of(shape, x), t.of(w), mean, rstd, dx, dw, db);
            double[] wd = Cases.doubles(w);
            double[] bd = Cases.doubles(b);
            double[] expectedX = FiniteDifference.of(v -> RmsNormKernelTest.weighted(reference(v, wd, bd), dy), x);
            double[] expectedW =
                    FiniteDifference.of(v -> RmsNormKernelTest.weighted(reference(Cases.doubles(x), v, bd), dy), w);
            double[] expectedB =
                    FiniteDifference.of(v -> RmsNormKernelTest.weighted(reference(Cases.doubles(x), wd, v), dy), b);
            for (int i = 0; i < c; i++) {
                expectedW[i] += before[i];
                expectedB[i] += before[i];
            }
            Teeth.bite(t.values(dx), got -> Tolerance.slope(40, 20).check("dx", got, expectedX));
            Teeth.bite(t.values(dw), got -> Tolerance.slope(8, 20).check("dw", got, expectedW));
            Teeth.bite(t.values(db), got -> Tolerance.slope(8, 20).check("db", got, expectedB));
        }
    }
}
