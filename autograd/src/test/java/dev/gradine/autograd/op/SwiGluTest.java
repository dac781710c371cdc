package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.SwiGlu.swiGlu;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `swi_glu` against the formula, and what it refuses.
class SwiGluTest {

    private static OpCheck gated(int n) {
        return OpCheck.of(
                (_, v) -> swiGlu(v.get(0), v.get(1)),
                OpCheck.each((g, u) -> g / (1 + Math.exp(-g)) * u),
                Shape.of(3, n),
                Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_formula(int n) {
        gated(n).forward(Tolerance.elementwise(8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        gated(n).gradients(Tolerance.slope(6, 8));
    }

    @Test
    void refuses_another_shape() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> swiGlu(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(2, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("swi_glu: up is [2, 4], expected [2, 3] (shape of gate)");
    }
}
