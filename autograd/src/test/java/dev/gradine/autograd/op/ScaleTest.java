package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Scale.scale;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `scale` against the formula.
class ScaleTest {

    private static OpCheck scaled(int n) {
        return OpCheck.of((_, v) -> scale(v.get(0), -1.7f), OpCheck.map(x -> x * -1.7f), Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_rounds_once(int n) {
        scaled(n).wide().forward(Tolerance.elementwise(0.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        scaled(n).gradients(Tolerance.slope(2, 1));
    }
}
