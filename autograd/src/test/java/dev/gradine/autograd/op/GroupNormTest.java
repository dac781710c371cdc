package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.GroupNorm.groupNorm;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `group_norm` against the formula, and what it refuses.
class GroupNormTest {

    private static final float EPS = 1e-5f;

    /// @param x `[B,C,…]`
    record Norm(Shape x, int groups) {

        OpCheck check() {
            return OpCheck.of(
                    (_, v) -> groupNorm(v.get(0), v.get(1), v.get(2), groups, EPS),
                    this::reference,
                    x,
                    Shape.of(x.dim(1)),
                    Shape.of(x.dim(1)));
        }

        private double[] reference(List<double[]> in) {
            double[] y = in.get(0).clone();
            int n = y.length / x.dim(0) / groups;
            int positions = y.length / x.dim(0) / x.dim(1);
            for (int start = 0; start < y.length; start += n) {
                double[] group = Arrays.copyOfRange(y, start, start + n);
                double mean = Arrays.stream(group).average().orElseThrow();
                double var = Arrays.stream(group)
                        .map(v -> (v - mean) * (v - mean))
                        .average()
                        .orElseThrow();
                for (int i = start; i < start + n; i++) {
                    int c = i / positions % x.dim(1);
                    y[i] = (y[i] - mean) / Math.sqrt(var + EPS) * in.get(1)[c] + in.get(2)[c];
                }
            }
            return y;
        }
    }

    static List<Norm> norms() {
        return List.of(
                new Norm(Shape.of(2, 8), 2),
                new Norm(Shape.of(2, 4, 3, 5), 2),
                new Norm(Shape.of(1, 6, 17), 3),
                new Norm(Shape.of(2, 3, 2, 4), 1),
                new Norm(Shape.of(1, 2, 7, 1), 2));
    }

    @ParameterizedTest
    @MethodSource("norms")
    void forward_is_the_papers_formula(Norm norm) {
        norm.check().forward(Tolerance.sum(norm.x.size() / norm.x.dim(0) / norm.groups, 6));
    }

    @ParameterizedTest
    @MethodSource("norms")
    void gradients_are_the_slopes_of_the_formula(Norm norm) {
        norm.check().gradients(Tolerance.slope(20, 8));
    }

    @Test
    void refuses_a_weight_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> groupNorm(v.get(0), v.get(1), v.get(2), 2, EPS),
                        Shape.of(2, 4, 3, 3),
                        Shape.of(3),
                        Shape.of(4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("group_norm: w is [3], expected [4] (channels of x [2, 4, 3, 3])");
    }

    @Test
    void refuses_a_bias_of_the_wrong_length() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> groupNorm(v.get(0), v.get(1), v.get(2), 2, EPS),
                        Shape.of(2, 4, 3, 3),
                        Shape.of(4),
                        Shape.of(2, 2)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("group_norm: b is [2, 2], expected [4] (channels of x [2, 4, 3, 3])");
    }

    @Test
    void refuses_groups_that_do_not_divide_the_channels() {
        assertThatThrownBy(() -> OpCheck.run(
                        (_, v) -> groupNorm(v.get(0), v.get(1), v.get(2), 3, EPS),
                        Shape.of(2, 4, 3, 3),
                        Shape.of(4),
                        Shape.of(4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("group_norm: groups is 3, expected a divisor of 4 (channels of x [2, 4, 3, 3])");
    }
}
