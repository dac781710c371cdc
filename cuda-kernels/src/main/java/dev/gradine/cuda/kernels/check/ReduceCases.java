package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Sums over segments, columns and whole tensors.
public final class ReduceCases {

    private ReduceCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int[] offsets : new int[][] {{0, 0}, {0, 1}, {0, 7, 7, 38}, {0, 1000, 1001, 1065}, {3, 10, 20}}) {
            all.add(segmentSum(offsets));
            all.add(segmentSumBackward(offsets));
        }
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] shape : new int[][] {{0, 8}, {1, 1}, {7, 31}, {65, 33}, {1000, 64}, {33, 1000}, {9000, 8}}) {
                all.add(columnSums(type, shape[0], shape[1]));
                all.add(rowSums(type, shape[0], shape[1]));
            }
            for (int c : new int[] {4096, 4099}) all.add(rowSums(type, 33, c)); // several warps a row
            for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 40_003}) all.add(squares(type, n));
            all.add(squaresOfAll(type));
        }
        return all;
    }

    private static KernelCase segmentSum(int[] offsets) {
        int n = offsets[offsets.length - 1] + 1; // one more than the segments cover
        double bound = Bounds.of(DType.F32, Bounds.sum(n));
        return KernelCase.of("reduce_segment_sum " + text(offsets), DType.F32, bound, in -> {
            Tensor y = in.out(offsets.length - 1);
            in.kernels().reduce().segmentSum(in.data(1, n), in.ints(offsets), y);
            return List.of(y);
        });
    }

    private static KernelCase segmentSumBackward(int[] offsets) {
        int n = offsets[offsets.length - 1] + 1;
        return KernelCase.of("reduce_segment_sum_backward " + text(offsets), DType.F32, 0, in -> {
            Tensor dx = in.data(2, n);
            in.kernels().reduce().segmentSumBackward(in.data(1, offsets.length - 1), in.ints(offsets), dx);
            return List.of(dx);
        });
    }

    private static String text(int[] offsets) {
        return Arrays.toString(offsets);
    }

    private static KernelCase columnSums(DType type, int n, int c) {
        double bound = Bounds.of(DType.F32, Bounds.sum(n)); // sums are f32 in both types
        return KernelCase.of("reduce_column_sums [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor y = in.single(2, c);
            in.kernels().reduce().addColumnSums(in.data(1, n, c), y);
            return List.of(y);
        });
    }

    private static KernelCase rowSums(DType type, int n, int c) {
        double bound = Bounds.of(DType.F32, Bounds.sum(c)); // sums are f32 in both types
        return KernelCase.of("reduce_row_sums [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor y = in.outSingle(n);
            in.kernels().reduce().rowSums(in.data(1, n, c), y);
            return List.of(y);
        });
    }

    /// In double: equal but for the rounding to f32 of this case.
    private static KernelCase squares(DType type, int n) {
        double bound = Bounds.of(DType.F32, 2);
        return KernelCase.of("reduce_squares [%d]".formatted(n), type, bound, in -> {
            double sum = in.kernels().reduce().sumOfSquares(in.data(1, n));
            return List.of(in.single(Shape.of(1), (float) sum));
        });
    }

    /// Of several tensors, an empty one among them.
    private static KernelCase squaresOfAll(DType type) {
        double bound = Bounds.of(DType.F32, 2);
        return KernelCase.of("reduce_squares of all", type, bound, in -> {
            List<Tensor> all = List.of(in.data(1, 65), in.data(2, 0), in.data(3, 9000), in.data(4, 1));
            return List.of(in.single(Shape.of(1), (float) in.kernels().reduce().sumOfSquares(all)));
        });
    }
}
