package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.LowRankLinear.lowRankLinear;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `low_rank_linear` against the formula, and what it refuses.
class LowRankLinearTest {

    private static final float S = 1.75f;

    /// x of 3 rows, W to 9 channels, rank r.
    private static OpCheck lowRank(int in, int r) {
        return OpCheck.of(
                        LowRankLinearTest::call,
                        x -> reference(x, in, r),
                        Shape.of(3, in),
                        Shape.of(9, in),
                        Shape.of(r, in),
                        Shape.of(9, r))
                .with(3, Cases.plain(4, 9 * r, 1));
    }

    private static Var call(Tape tape, List<Var> v) {
        return lowRankLinear(v.get(0), v.get(1), v.get(2), v.get(3), S);
    }

    private static double[] reference(List<double[]> x, int in, int r) {
        double[] y = OpCheck.product(x.get(0), x.get(1), in);
        double[] low = OpCheck.product(OpCheck.product(x.get(0), x.get(2), in), x.get(3), r);
        for (int i = 0; i < y.length; i++) y[i] += S * low[i];
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_papers_formula(int in) {
        lowRank(in, 3).forward(Tolerance.dot(in, 3, 3).times(1 + 3 * S));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8})
    void gradient_is_the_slope_of_the_reference(int r) {
        lowRank(17, r).gradients(Tolerance.slope(40, 8));
    }

    @Test
    void refuses_an_a_that_does_not_meet_w() {
        assertThatThrownBy(() -> OpCheck.run(
                        LowRankLinearTest::call, Shape.of(2, 8), Shape.of(5, 8), Shape.of(3, 7), Shape.of(5, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("low_rank_linear: a is [3, 7], expected [3, 8] (last axis of w [5, 8])");
    }

    @Test
    void refuses_a_b_that_does_not_meet_a() {
        assertThatThrownBy(() -> OpCheck.run(
                        LowRankLinearTest::call, Shape.of(2, 8), Shape.of(5, 8), Shape.of(3, 8), Shape.of(5, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("low_rank_linear: b is [5, 4], expected [5, 3] (w [5, 8] and a [3, 8])");
    }

    @Test
    void refuses_an_x_that_does_not_meet_w() {
        assertThatThrownBy(() -> OpCheck.run(
                        LowRankLinearTest::call, Shape.of(2, 7), Shape.of(5, 8), Shape.of(3, 8), Shape.of(5, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("low_rank_linear: x is [2, 7], expected [2, 8] (last axis of w [5, 8])");
    }
}
