package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.FiniteDifference;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RmsNormKernelTest {

    private static final float EPS = 1e-5f;
    private static final int ROWS = 3;

    static IntStream sizes() {
        return Cases.sizes();
    }

    private static double[] reference(double[] x, double[] w) {
        int c = w.length;
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += c) {
            double ms = 0;
            for (int i = 0; i < c; i++) ms += x[row + i] * x[row + i] / c;
            for (int i = 0; i < c; i++) y[row + i] = x[row + i] / Math.sqrt(ms + EPS) * w[i];
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void forward_is_the_formula(int c) {
        float[] x = Cases.wide(1, ROWS * c);
        float[] w = Cases.plain(2, c, 2);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(ROWS, c));
            Tensor rstd = t.unwritten(Shape.of(ROWS));
            RmsNormCpu.KERNEL.forward(t.of(Shape.of(ROWS, c), x), t.of(w), EPS, y, rstd);
            double[] expected = reference(Cases.doubles(x), Cases.doubles(w));
            Teeth.bite(t.values(y), got -> Tolerance.elementwise(8).check("y", got, expected));
            for (int row = 0; row < ROWS; row++) {
                double ms = 0;
                for (int i = 0; i < c; i++) ms += (double) x[row * c + i] * x[row * c + i] / c;
                Tolerance.elementwise(8).check("rstd", t.values(rstd)[row], 1 / Math.sqrt(ms + EPS));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void backward_is_the_slope_and_adds_into_dw(int c) {
        float[] x = Cases.plain(1, ROWS * c, 2);
        float[] w = Cases.plain(2, c, 2);
        float[] dy = Cases.plain(3, ROWS * c, 2);
        float[] before = Cases.plain(4, c, 2);
        try (Tensors t = new Tensors()) {
            Shape shape = Shape.of(ROWS, c);
            Tensor rstd = t.unwritten(Shape.of(ROWS));
            RmsNormCpu.KERNEL.forward(t.of(shape, x), t.of(w), EPS, t.unwritten(shape), rstd);
            Tensor dx = t.of(shape, dy); // dx may be dy
            Tensor dw = t.of(before);
            RmsNormCpu.KERNEL.backward(dx, t.of(shape, x), t.of(w), rstd, dx, dw);
            double[] expectedX = FiniteDifference.of(v -> weighted(reference(v, Cases.doubles(w)), dy), x);
            double[] expectedW = FiniteDifference.of(v -> weighted(reference(Cases.doubles(x), v), dy), w);
            for (int i = 0; i < c; i++) expectedW[i] += before[i];
            Tolerance tolerance = Tolerance.slope(40, 20); // third derivatives grow with 1/x²; c = 1 has x near 1
            check(c, t.values(dx), expectedX, tolerance);
            Teeth.bite(t.values(dw), got -> Tolerance.slope(8, 20).check("dw", got, expectedW));
        }
    }

    private static void check(int c, float[] dx, double[] expected, Tolerance tolerance) {
        if (c == 1) tolerance.check("dx", dx, expected); // y is w · sign(x) but for eps: no gradient to speak of
        else Teeth.bite(dx, got -> tolerance.check("dx", got, expected));
    }

    @Test
    void the_weight_gradient_adds_every_row_of_many() {
        int rows = 203;
        int c = 70;
        float[] x = Cases.plain(1, rows * c, 2);
        float[] dy = Cases.plain(3, rows * c, 2);
        try (Tensors t = new Tensors()) {
            Shape shape = Shape.of(rows, c);
            Tensor rstd = t.unwritten(Shape.of(rows));
            Tensor w = t.of(Cases.plain(2, c, 2));
            RmsNormCpu.KERNEL.forward(t.of(shape, x), w, EPS, t.unwritten(shape), rstd);
            Tensor dw = t.of(new float[c]);
            RmsNormCpu.KERNEL.backward(t.of(shape, dy), t.of(shape, x), w, rstd, t.unwritten(shape), dw);
            float[] r = t.values(rstd);
            double[] expected = new double[c];
            for (int i = 0; i < rows * c; i++) expected[i % c] += (double) x[i] * r[i / c] * dy[i];
            Teeth.bite(t.values(dw), got -> Tolerance.elementwise(20, 20).check("dw", got, expected));
        }
    }

    @Test
    void a_frozen_weight_needs_no_gradient() {
        try (Tensors t = new Tensors()) {
            Shape shape = Shape.of(2, 40);
            Tensor x = t.of(shape, Cases.plain(1, 80, 1));
            Tensor w = t.of(Cases.plain(2, 40, 1));
            Tensor rstd = t.unwritten(Shape.of(2));
            Tensor dx = t.unwritten(shape);
            Tensor same = t.unwritten(shape);
            RmsNormCpu.KERNEL.forward(x, w, EPS, t.unwritten(shape), rstd);
            RmsNormCpu.KERNEL.backward(x, x, w, rstd, dx, null);
            RmsNormCpu.KERNEL.backward(x, x, w, rstd, same, t.of(new float[40]));
            Tolerance.exact().check("dx", t.values(dx), Cases.doubles(t.values(same)));
        }
    }

    static double weighted(double[] y, float[] dy) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) sum += y[i] * dy[i];
        return sum;
    }
}
