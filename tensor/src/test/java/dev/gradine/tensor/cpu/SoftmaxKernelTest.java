package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SoftmaxKernelTest {

    private static final float SCALE = 1.3f;

    private static double[] softmax(float[] x, int c) {
        double[] y = new double[x.length];
        for (int from = 0; from < x.length; from += c) {
            double sum = 0;
            for (int i = from; i < from + c; i++) sum += Math.exp((double) SCALE * x[i]);
            for (int i = from; i < from + c; i++) y[i] = Math.exp((double) SCALE * x[i]) / sum;
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void rows_are_shares_of_exponentials_in_place_too(int c) {
        float[] x = Cases.mild(1, 3 * c);
        double[] expected = softmax(x, c);
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(3, c));
            SoftmaxCpu.KERNEL.forward(t.of(Shape.of(3, c), x), SCALE, y);
            Tolerance tolerance = Tolerance.elementwise(16); // arguments up to 8 are rounded, then e to them
            Teeth.bite(t.values(y), got -> tolerance.check("y", got, expected));
            Tensor same = t.of(Shape.of(3, c), x);
            SoftmaxCpu.KERNEL.forward(same, SCALE, same);
            tolerance.check("y in place", t.values(same), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void backward_takes_the_mean_off(int c) {
        float[] y = Cases.floats(softmax(Cases.mild(1, 3 * c), c));
        float[] dy = Cases.mild(2, 3 * c);
        double[] expected = new double[3 * c];
        for (int row = 0; row < 3; row++) {
            double dot = 0;
            for (int i = row * c; i < (row + 1) * c; i++) dot += (double) y[i] * dy[i];
            for (int i = row * c; i < (row + 1) * c; i++) expected[i] = SCALE * y[i] * (dy[i] - dot);
        }
        try (Tensors t = new Tensors()) {
            Tensor dx = t.unwritten(Shape.of(3, c));
            SoftmaxCpu.KERNEL.backward(t.of(dy), t.of(Shape.of(3, c), y), SCALE, dx);
            Tolerance.elementwise(16, 4).check("dx", t.values(dx), expected);
        }
    }

    @Test
    void minus_infinity_has_no_share_and_a_row_of_it_no_meaning() {
        float none = Float.NEGATIVE_INFINITY;
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(2, 2));
            SoftmaxCpu.KERNEL.forward(t.of(Shape.of(2, 2), none, 1, none, none), 1, y);
            assertThat(t.values(y)).containsExactly(0, 1, Float.NaN, Float.NaN);
        }
    }
}
