package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.AddBias.addBias;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `add_bias` against the formula, and what it refuses.
class AddBiasTest {

    private static OpCheck biased(int c) {
        return OpCheck.of((_, v) -> addBias(v.get(0), v.get(1)), AddBiasTest::reference, Shape.of(3, c), Shape.of(c));
    }

    private static double[] reference(List<double[]> in) {
        double[] y = in.get(0).clone();
        double[] b = in.get(1);
        for (int i = 0; i < y.length; i++) y[i] += b[i % b.length];
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_rounds_once(int c) {
        biased(c).wide().forward(Tolerance.elementwise(0.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        biased(c).gradients(Tolerance.slope(3, 2));
    }

    @Test
    void refuses_a_bias_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> addBias(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("add_bias: b is [2], expected [3] (last axis of x [2, 3])");
    }
}
