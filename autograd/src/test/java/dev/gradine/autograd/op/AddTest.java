package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Add.add;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `add` against the formula, and what it refuses.
class AddTest {

    private static OpCheck addOf(int n) {
        return OpCheck.of(
                (_, v) -> add(v.get(0), v.get(1)), OpCheck.each((a, b) -> a + b), Shape.of(3, n), Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_rounds_once(int n) {
        addOf(n).wide().forward(Tolerance.elementwise(0.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        addOf(n).gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_another_shape() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> add(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(3, 2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("add: b is [3, 2], expected [2, 3] (shape of a)");
    }
}
