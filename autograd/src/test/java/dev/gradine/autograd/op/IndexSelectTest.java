package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `indexSelect` against the formula, and what it refuses.
class IndexSelectTest {

    private static final int[] IDS = {3, 0, 3, 4};

    private static OpCheck selected(int c) {
        return OpCheck.of(
                (t, v) -> indexSelect(v.get(0), t.kernels().ofInts(IDS)), in -> reference(in, c), Shape.of(5, c));
    }

    private static double[] reference(List<double[]> in, int c) {
        double[] y = new double[IDS.length * c];
        for (int n = 0; n < IDS.length; n++) System.arraycopy(in.get(0), IDS[n] * c, y, n * c, c);
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_copies_rows(int c) {
        selected(c).wide().forward(Tolerance.exact());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int c) {
        selected(c).gradients(Tolerance.slope(2, 2));
    }

    @Test
    void refuses_a_table_that_is_no_matrix() {
        assertThatThrownBy(() ->
                        OpCheck.run((t, v) -> indexSelect(v.get(0), t.kernels().ofInts(0)), Shape.of(6)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("index_select: table is [6], expected 2 axes");
    }
}
