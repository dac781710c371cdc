package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `sum_last` against the formula.
class SumLastTest {

    private static double[] sums(double[] x, int c) {
        double[] y = new double[x.length / c];
        for (int i = 0; i < x.length; i++) y[i / c] += x[i];
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void values_and_gradients_are_those_of_the_sums(int c) {
        OpCheck check = OpCheck.of((_, v) -> sumLast(v.get(0)), x -> sums(x.get(0), c), Shape.of(2, 3, c));
        check.forward(Tolerance.sum(c, 3));
        check.gradients(Tolerance.slope(1, 1));
    }
}
