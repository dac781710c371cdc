package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `rms_norm` against the formula, and what it refuses.
class RmsNormTest {

    private static final float EPS = 1e-5f;

    private static OpCheck normed(int c) {
        return OpCheck.of(
                (_, v) -> rmsNorm(v.get(0), v.get(1), EPS), RmsNormTest::reference, Shape.of(3, c), Shape.of(c));
    }

    private static double[] reference(List<double[]> in) {
        double[] x = in.get(0);
        double[] w = in.get(1);
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
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_papers_formula(int c) {
        normed(c).forward(Tolerance.sum(c, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        normed(c).gradients(Tolerance.slope(20, 8));
    }

    @Test
    void refuses_a_weight_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> rmsNorm(v.get(0), v.get(1), EPS), Shape.of(2, 64), Shape.of(63)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rms_norm: w is [63], expected [64] (last axis of x [2, 64])");
    }
}
