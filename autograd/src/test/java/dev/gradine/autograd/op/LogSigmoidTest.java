package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Functions.logSigmoid;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `log_sigmoid` against the formula, far out as well.
class LogSigmoidTest {

    private static OpCheck logSigmoidOf(int n) {
        return OpCheck.of(
                (_, v) -> logSigmoid(v.get(0)),
                OpCheck.map(x -> Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))),
                Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_keeps_small_and_large_values(int n) {
        logSigmoidOf(n).wide().forward(Tolerance.elementwise(8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        logSigmoidOf(n).gradients(Tolerance.slope(1, 8));
    }
}
