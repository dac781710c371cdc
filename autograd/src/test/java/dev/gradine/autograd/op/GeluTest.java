package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Functions.geluErf;
import static dev.gradine.autograd.op.Functions.geluTanh;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both forms of GELU against the formula.
class GeluTest {

    /// Φ by its power series φ(x) · Σ x^(2k+1) / (1·3·5 ⋯ (2k+1)), exact to double for |x| ≤ 6.
    private static double exact(double x) {
        double term = x;
        double sum = x;
        for (int k = 1; k < 120; k++) {
            term *= x * x / (2 * k + 1);
            sum += term;
        }
        return x * (0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI));
    }

    private static double tanh(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    private static OpCheck geluOf(boolean tanh, int n) {
        return OpCheck.of(
                (_, v) -> tanh ? geluTanh(v.get(0)) : geluErf(v.get(0)),
                OpCheck.map(x -> tanh ? tanh(x) : exact(x)),
                Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_formula(int n) {
        geluOf(false, n).forward(Tolerance.elementwise(8, 3));
        geluOf(true, n).forward(Tolerance.elementwise(8, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        geluOf(false, n).gradients(Tolerance.slope(3, 8));
        geluOf(true, n).gradients(Tolerance.slope(3, 8));
    }
}
