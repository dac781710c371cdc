package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Softmax.softmax;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `softmax` against the formula, at sizes where no value vanishes, and far out.
class SoftmaxTest {

    private static double[] formula(double[] x, int c, double s) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length / c; row++) {
            double largest = Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (int i = row * c; i < (row + 1) * c; i++) largest = Math.max(largest, s * x[i]);
            for (int i = row * c; i < (row + 1) * c; i++) sum += Math.exp(s * x[i] - largest);
            for (int i = row * c; i < (row + 1) * c; i++) y[i] = Math.exp(s * x[i] - largest) / sum;
        }
        return y;
    }

    private static OpCheck softmaxOf(int c, float s) {
        return OpCheck.of((_, v) -> softmax(v.get(0), s), x -> formula(x.get(0), c, s), Shape.of(3, 2, c));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 17, 65})
    void forward_is_the_formula(int c) {
        softmaxOf(c, 1).forward(Tolerance.elementwise(16));
        softmaxOf(c, 0.7f).forward(Tolerance.elementwise(16));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        softmaxOf(c, 0.7f).gradients(Tolerance.slope(1, 8));
    }

    @Test
    void scores_far_out_give_all_to_the_largest() {
        OpCheck.of((_, v) -> softmax(v.get(0)), _ -> new double[] {0, 1, 0}, Shape.of(1, 3))
                .with(0, -1e30f, 1e30f, 9e29f)
                .forward(Tolerance.exact());
    }
}
