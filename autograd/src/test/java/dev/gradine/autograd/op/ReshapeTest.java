package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Reshape.reshape;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `reshape` keeps every value in its place, forward and backward.
class ReshapeTest {

    private static OpCheck reshaped(int c) {
        return OpCheck.of((_, v) -> reshape(v.get(0), Shape.of(c, 4)), in -> in.get(0).clone(), Shape.of(4, c));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_keeps_the_values(int c) {
        reshaped(c).wide().forward(Tolerance.exact());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        reshaped(c).gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_another_number_of_values() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> reshape(v.get(0), Shape.of(3, 5)), Shape.of(2, 5)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
