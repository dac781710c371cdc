package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Inverse.inverse;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `inverse` against Cramer's rule for matrices of three rows, against a product for larger ones, and what it refuses.
class InverseTest {

    private static OpCheck of(double[] diagonal) {
        float[] values = Cases.plain(5, 18, 1);
        for (int i = 0; i < 6; i++) values[i / 3 * 9 + i % 3 * 4] += (float) diagonal[i];
        return OpCheck.of((_, v) -> inverse(v.getFirst()), x -> cramer(x.getFirst()), Shape.of(2, 3, 3))
                .with(0, values);
    }

    /// Signed minors over the determinant.
    private static double[] cramer(double[] m) {
        double[] y = new double[m.length];
        for (int b = 0; b < m.length; b += 9) {
            double determinant = 0;
            for (int j = 0; j < 3; j++) determinant += m[b + j] * minor(m, b, 0, j);
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) y[b + j * 3 + i] = minor(m, b, i, j) / determinant;
            }
        }
        return y;
    }

    /// Taken cyclically, minors have their sign.
    private static double minor(double[] m, int b, int i, int j) {
        int i1 = b + (i + 1) % 3 * 3;
        int i2 = b + (i + 2) % 3 * 3;
        int j1 = (j + 1) % 3;
        int j2 = (j + 2) % 3;
        return m[i1 + j1] * m[i2 + j2] - m[i1 + j2] * m[i2 + j1];
    }

    @Test
    void forward_is_the_inverse() {
        of(new double[] {2, -2, 2, 3, 2, -2}).forward(Tolerance.elementwise(2, 2));
    }

    @Test
    void a_row_that_begins_with_zero_is_exchanged() {
        float[] values = {0, 2, 1, 1, 0, 3, 2, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0};
        OpCheck.of((_, v) -> inverse(v.getFirst()), x -> cramer(x.getFirst()), Shape.of(2, 3, 3))
                .with(0, values)
                .forward(Tolerance.elementwise(2, 2));
    }

    @Test
    void gradient_is_the_slope_of_the_reference() {
        of(new double[] {2, -2, 2, 3, 2, -2}).gradients(Tolerance.slope(10, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 33})
    void twice_it_is_what_it_was(int n) {
        float[] values = Cases.plain(7, n * n, 1);
        for (int i = 0; i < n; i++) values[i * n + i] += 4;
        OpCheck.of((_, v) -> inverse(inverse(v.getFirst())), x -> x.getFirst(), Shape.of(1, n, n))
                .with(0, values)
                .forward(Tolerance.dot(n, 5, 5));
    }

    @Test
    void refuses_what_has_no_inverse() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> inverse(v.getFirst()), Shape.of(1, 3, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inverse: matrix 0 of x is singular, expected one with an inverse");
    }

    @Test
    void refuses_matrices_that_are_not_square() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> inverse(v.getFirst()), Shape.of(1, 2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("inverse: x is [1, 2, 3], expected [1, 3, 3] (square matrices)");
    }
}
