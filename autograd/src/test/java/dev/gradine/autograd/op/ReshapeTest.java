package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Reshape.reshape;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `reshape` against the formula, alone and with another way to the input.
class ReshapeTest {

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void values_and_gradients_stay_in_order(int n) {
        OpCheck check =
                OpCheck.of((_, v) -> reshape(v.get(0), n, 2, 3), x -> x.get(0).clone(), Shape.of(3, 2 * n));
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    @Test
    void it_is_a_view() {
        try (Kernels k = CpuKernels.open()) {
            Var x = Tape.recording(k).leaf(k.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
            assertThat(reshape(x, 6).value().sharesMemoryWith(x.value())).isTrue();
        }
    }

    /// A gradient that is a view of another one is not counted with it.
    @Test
    void gradients_of_two_ways_add_up() {
        OpCheck.of(
                        (_, v) -> add(reshape(square(v.get(0)), 6), reshape(reshape(v.get(0), 3, 2), 6)),
                        x -> Arrays.stream(x.get(0)).map(v -> v * v + v).toArray(),
                        Shape.of(2, 3))
                .gradients(Tolerance.slope(7, 8));
    }

    @Test
    void refuses_another_number_of_values() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> reshape(v.get(0), 2, 4), Shape.of(2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("reshape: x is [2, 3], 6 values, expected 8 for [2, 4]");
    }
}
