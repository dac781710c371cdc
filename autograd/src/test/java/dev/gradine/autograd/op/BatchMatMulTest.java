package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.BatchMatMul.batchMatMul;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `batch_mat_mul` against one product after the other, and what it refuses.
class BatchMatMulTest {

    private static final int BATCH = 3;
    private static final int ROWS = 4;
    private static final int OUT = 5;

    private static OpCheck of(int in) {
        return OpCheck.of(
                (_, v) -> batchMatMul(v.get(0), v.get(1)),
                x -> products(x.get(0), x.get(1), in),
                Shape.of(BATCH, ROWS, in),
                Shape.of(BATCH, OUT, in));
    }

    private static double[] products(double[] x, double[] w, int in) {
        double[] y = new double[BATCH * ROWS * OUT];
        for (int b = 0; b < BATCH; b++) {
            double[] xb = Arrays.copyOfRange(x, b * ROWS * in, (b + 1) * ROWS * in);
            double[] wb = Arrays.copyOfRange(w, b * OUT * in, (b + 1) * OUT * in);
            System.arraycopy(OpCheck.product(xb, wb, in), 0, y, b * ROWS * OUT, ROWS * OUT);
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_products(int in) {
        of(in).forward(Tolerance.dot(in, 3, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int in) {
        of(in).gradients(Tolerance.slope(10, 4));
    }

    @Test
    void refuses_another_number_of_matrices_or_inner_size() {
        assertThatThrownBy(() ->
                        OpCheck.run((_, v) -> batchMatMul(v.get(0), v.get(1)), Shape.of(2, 5, 3), Shape.of(3, 5, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("batch_mat_mul: x is [2, 5, 3], expected [3, 5, 4] (first and last axis of w [3, 5, 4])");
    }

    @Test
    void refuses_a_single_matrix() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> batchMatMul(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("batch_mat_mul: x is [2, 3], expected 3 axes");
    }
}
