package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.SliceColumns.sliceColumns;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `slice_columns` against the formula, and what it refuses.
class SliceColumnsTest {

    private static double[] columns(double[] x, int c, int from, int to) {
        int n = x.length / c;
        double[] y = new double[n * (to - from)];
        for (int i = 0; i < n; i++) System.arraycopy(x, i * c + from, y, i * (to - from), to - from);
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void values_and_gradients_are_those_of_the_columns(int n) {
        OpCheck check = OpCheck.of(
                (_, v) -> sliceColumns(v.get(0), 2, 2 + n),
                x -> columns(x.get(0), n + 3, 2, 2 + n),
                Shape.of(2, 2, n + 3));
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_a_range_outside() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> sliceColumns(v.get(0), 1, 6), Shape.of(2, 5)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("columns: [1, 6) of [2, 5], expected a range within its last axis");
        assertThatThrownBy(() -> OpCheck.run((_, v) -> sliceColumns(v.get(0), 3, 2), Shape.of(2, 5)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("columns: [3, 2) of [2, 5], expected a range within its last axis");
    }
}
