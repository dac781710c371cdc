package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.SegmentSum.segmentSum;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `segment_sum` against the formula, and what it refuses.
class SegmentSumTest {

    /// Three segments, the second of them empty.
    private static OpCheck summed(int n) {
        int[] offsets = {0, n, n, 3 * n};
        return OpCheck.of(
                (t, v) -> segmentSum(v.get(0), t.kernels().ofInts(offsets)),
                in -> reference(in, offsets),
                Shape.of(3 * n));
    }

    private static double[] reference(List<double[]> in, int[] offsets) {
        double[] y = new double[offsets.length - 1];
        for (int s = 0; s < y.length; s++) {
            for (int j = offsets[s]; j < offsets[s + 1]; j++) y[s] += in.get(0)[j];
        }
        return y;
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_is_the_sum_of_each_segment(int n) {
        summed(n).forward(Tolerance.sum(3 * n, 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        summed(n).gradients(Tolerance.slope(1, 1));
    }

    @Test
    void refuses_a_matrix() {
        assertThatThrownBy(() ->
                        OpCheck.run((t, v) -> segmentSum(v.get(0), t.kernels().ofInts(0, 6)), Shape.of(2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("segment_sum: x is [2, 3], expected 1 axes");
    }
}
