package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReduceKernelTest {

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(100_003));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void segments_are_summed_and_their_gradient_spread(int n) {
        float[] x = Cases.mild(1, n);
        x[n - 1] = 2;
        int[] offsets = {0, n / 3, n / 3, n};
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(3));
            ReduceCpu.KERNEL.segmentSum(t.of(x), t.ints(offsets), y);
            double[] expected = new double[3];
            for (int i = 0; i < n; i++) expected[i < n / 3 ? 0 : 2] += x[i];
            Tolerance.sum(n, 3).check("y", t.values(y), expected);
            Tensor dx = t.unwritten(Shape.of(n));
            ReduceCpu.KERNEL.segmentSumBackward(t.of(5, 6, 7), t.ints(offsets), dx);
            double[] spread =
                    IntStream.range(0, n).mapToDouble(i -> i < n / 3 ? 5 : 7).toArray();
            Teeth.bite(t.values(dx), got -> Tolerance.exact().check("dx", got, spread));
        }
    }

    @Test
    void the_tolerance_of_a_segment_sum_has_teeth() {
        float[] x = Cases.plain(1, 1000, 1);
        for (int i = 0; i < x.length; i++) x[i] += 1;
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(1));
            ReduceCpu.KERNEL.segmentSum(t.of(x), t.ints(0, 1000), y);
            double[] expected = {IntStream.range(0, 1000).mapToDouble(i -> x[i]).sum()};
            Teeth.bite(t.values(y), got -> Tolerance.sum(1000, 2).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void column_sums_are_added(int n) {
        int c = 19;
        int rows = Math.min(n, 1000);
        float[] x = Cases.plain(1, rows * c, 1);
        float[] before = Cases.plain(2, c, 1);
        for (int i = 0; i < x.length; i++) x[i] += 1; // no sum cancels to almost nothing
        try (Tensors t = new Tensors()) {
            Tensor y = t.of(before);
            ReduceCpu.KERNEL.addColumnSums(t.of(Shape.of(rows, c), x), y);
            double[] expected = Cases.doubles(before);
            for (int i = 0; i < x.length; i++) expected[i % c] += x[i];
            Teeth.bite(t.values(y), got -> Tolerance.sum(rows, 2).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void row_sums_overwrite(int c) {
        int rows = 3;
        float[] x = Cases.plain(1, rows * c, 1);
        for (int i = 0; i < x.length; i++) x[i] += 1; // no sum cancels to almost nothing
        try (Tensors t = new Tensors()) {
            Tensor y = t.unwritten(Shape.of(rows));
            ReduceCpu.KERNEL.rowSums(t.of(Shape.of(rows, c), x), y);
            double[] expected = new double[rows];
            for (int i = 0; i < x.length; i++) expected[i / c] += x[i];
            Teeth.bite(t.values(y), got -> Tolerance.sum(c, 2).check("y", got, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void squares_are_summed_in_double(int n) {
        float[] x = Cases.wide(1, n);
        x[0] = 1e25f; // its square overflows float
        try (Tensors t = new Tensors()) {
            double expected = 0;
            for (float v : x) expected += (double) v * v;
            assertThat(ReduceCpu.KERNEL.sumOfSquares(t.of(x)))
                    .isCloseTo(expected, org.assertj.core.data.Offset.offset(n * 0x1p-52 * expected));
            x[n / 2] = Float.NaN;
            assertThat(ReduceCpu.KERNEL.sumOfSquares(t.of(x))).isNaN();
        }
    }
}
