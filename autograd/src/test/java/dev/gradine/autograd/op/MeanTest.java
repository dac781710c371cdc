package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `mean` against the formula, and what it refuses.
class MeanTest {

    private static OpCheck meanOf(int n) {
        return OpCheck.of((_, v) -> mean(v.get(0)), MeanTest::reference, Shape.of(3, n));
    }

    private static double[] reference(List<double[]> in) {
        return new double[] {Arrays.stream(in.get(0)).average().orElseThrow()};
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_mean(int n) {
        meanOf(n).forward(Tolerance.sum(3 * n, 3.0 / (3 * n)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        meanOf(n).gradients(Tolerance.slope(1, 2));
    }

    @Test
    void refuses_no_value() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> mean(v.get(0)), Shape.of(0, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("mean: x is [0, 3], expected at least one value");
    }
}
