package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.MatMul.matMul;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `linear` against the formula, and what it refuses.
class MatMulTest {

    private static OpCheck linearOf(int n, int in, int out) {
        return OpCheck.of(
                (_, v) -> matMul(v.get(0), v.get(1)),
                x -> OpCheck.product(x.get(0), x.get(1), in),
                Shape.of(n, in),
                Shape.of(out, in));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_product(int in) {
        linearOf(3, in, 5).forward(Tolerance.dot(in, 3, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int in) {
        linearOf(5, in, 9).gradients(Tolerance.slope(10, 4));
    }

    @Test
    void refuses_another_inner_size() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> matMul(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(5, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("mat_mul: x is [2, 3], expected [2, 4] (last axis of w [5, 4])");
    }

    @Test
    void refuses_a_weight_that_is_no_matrix() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> matMul(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("mat_mul: w is [3], expected 2 axes");
    }
}
