package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.LayerNorm.layerNorm;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `layer_norm` against the formula, and what it refuses.
class LayerNormTest {

    private static final float EPS = 1e-5f;

    private static OpCheck normed(int c) {
        return OpCheck.of(
                (_, v) -> layerNorm(v.get(0), v.get(1), v.get(2), EPS),
                LayerNormTest::reference,
                Shape.of(3, c),
                Shape.of(c),
                Shape.of(c));
    }

    private static double[] reference(List<double[]> in) {
        double[] x = in.get(0);
        int c = in.get(1).length;
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += c) {
            double mean = 0;
            double var = 0;
            for (int i = 0; i < c; i++) mean += x[row + i] / c;
            for (int i = 0; i < c; i++) var += (x[row + i] - mean) * (x[row + i] - mean) / c;
            double r = 1 / Math.sqrt(var + EPS);
            for (int i = 0; i < c; i++) y[row + i] = (x[row + i] - mean) * r * in.get(1)[i] + in.get(2)[i];
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_papers_formula(int c) {
        normed(c).forward(Tolerance.sum(c, 6));
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 8, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        normed(c).gradients(Tolerance.slope(20, 8));
    }

    @Test
    void refuses_a_weight_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> layerNorm(v.get(0), v.get(1), v.get(2), EPS),
                        Shape.of(2, 64),
                        Shape.of(63),
                        Shape.of(64)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("layer_norm: w is [63], expected [64] (last axis of x [2, 64])");
    }

    @Test
    void refuses_a_bias_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> layerNorm(v.get(0), v.get(1), v.get(2), EPS),
                        Shape.of(2, 64),
                        Shape.of(64),
                        Shape.of(1, 64)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("layer_norm: b is [1, 64], expected [64] (last axis of x [2, 64])");
    }
}
