package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.PutRows.putRows;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `put_rows` against the formula, and what it refuses.
class PutRowsTest {

    private static final int[] AT = {3, 0};

    private static double[] formula(double[] x, double[] rows, int c) {
        double[] y = x.clone();
        for (int i = 0; i < AT.length; i++) System.arraycopy(rows, i * c, y, AT[i] * c, c);
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void rows_are_replaced_and_each_gradient_goes_to_its_origin(int c) {
        OpCheck check = OpCheck.of(
                (_, v) -> putRows(v.get(0), v.get(1), AT),
                x -> formula(x.get(0), x.get(1), c),
                Shape.of(5, c),
                Shape.of(2, c));
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_rows_that_are_not_there_or_there_twice() {
        assertThatThrownBy(() -> putRowsOf(1, 5)).hasMessage("put_rows: row is 5, expected 0 to 4 (x [5, 3])");
        assertThatThrownBy(() -> putRowsOf(-1, 0)).hasMessage("put_rows: row is -1, expected 0 to 4 (x [5, 3])");
        assertThatThrownBy(() -> putRowsOf(2, 2)).hasMessage("put_rows: row 2 is written twice, expected once");
    }

    private static void putRowsOf(int... at) {
        OpCheck.run((_, v) -> putRows(v.get(0), v.get(1), at), Shape.of(5, 3), Shape.of(2, 3));
    }

    @Test
    void refuses_another_number_of_rows() {
        assertThatThrownBy(() -> putRowsOf(1))
                .isInstanceOf(ShapeException.class)
                .hasMessage("put_rows: rows is [2, 3], expected [1, 3]"
                        + " (one row for each id, as long as those of x [5, 3])");
    }
}
