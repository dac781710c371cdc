package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `slice_rows` against the formula, and what it refuses.
class SliceRowsTest {

    private static OpCheck sliced(int c) {
        return OpCheck.of(
                (_, v) -> sliceRows(v.get(0), 1, 3), in -> Arrays.copyOfRange(in.get(0), c, 3 * c), Shape.of(4, c));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_rows(int c) {
        sliced(c).wide().forward(Tolerance.exact());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        sliced(c).gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_a_range_outside() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> sliceRows(v.get(0), 1, 3), Shape.of(2, 5)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("rows: [1, 3) of [2, 5], expected a range within 2");
    }
}
