package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Concat.concat;
import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.Concat.concatRows;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `concat` along rows, columns and an axis between, and what it refuses.
class ConcatTest {

    /// Pieces of `widths[i]` values of each input in turn, until all are used.
    private static double[] interleaved(List<double[]> inputs, int... widths) {
        DoubleStream all = DoubleStream.empty();
        int turns = inputs.get(0).length / widths[0];
        for (int t = 0; t < turns; t++) {
            for (int i = 0; i < widths.length; i++) {
                double[] piece = new double[widths[i]];
                System.arraycopy(inputs.get(i), t * widths[i], piece, 0, widths[i]);
                all = DoubleStream.concat(all, DoubleStream.of(piece));
            }
        }
        return all.toArray();
    }

    private static void check(OpCheck.Call call, int[] widths, Shape... shapes) {
        OpCheck check = OpCheck.of(call, x -> interleaved(x, widths), shapes);
        check.wide().forward(Tolerance.exact());
        check.gradients(Tolerance.slope(1, 1));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void rows_of_one_tensor_stand_behind_those_of_the_other(int c) {
        check((_, v) -> concatRows(v.get(0), v.get(1)), new int[] {2 * c, 3 * c}, Shape.of(2, c), Shape.of(3, c));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void columns_of_three_tensors_stand_behind_each_other(int c) {
        check(
                (_, v) -> concatColumns(v.get(0), v.get(1), v.get(2)),
                new int[] {c, 1, 2},
                Shape.of(2, 2, c),
                Shape.of(2, 2, 1),
                Shape.of(2, 2, 2));
    }

    @Test
    void an_axis_between_works_too() {
        check((_, v) -> concat(1, v.get(0), v.get(1)), new int[] {8, 4}, Shape.of(3, 2, 4), Shape.of(3, 1, 4));
    }

    @Test
    void refuses_other_extents() {
        assertThatThrownBy(() -> OpCheck.run((_, v) -> concatRows(v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(2, 4)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("concat: b is [2, 4], expected the extents of a [2, 3] but along axis 0");
        assertThatThrownBy(() -> OpCheck.run((_, v) -> concat(2, v.get(0), v.get(1)), Shape.of(2, 3), Shape.of(2, 3)))
                .isInstanceOf(ShapeException.class)
                .hasMessage("concat: axis is 2, expected one of a [2, 3]");
    }
}
