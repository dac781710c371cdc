package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Copies between real types. Both devices round to the nearest, ties to even, so that they agree to the bit.
public final class ConvertCases {

    private static final DType[] FROM = {DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1};

    private ConvertCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType from : FROM) {
            for (DType to : List.of(DType.F32, DType.F16, DType.BF16)) {
                if (from == to) continue;
                for (int n : new int[] {0, 32, 64, 1056, 70_016}) all.add(convert(from, to, n));
                if (from.blockSize() > 1) continue;
                for (int n : new int[] {1, 7, 31, 33, 65, 1000}) all.add(convert(from, to, n));
                all.add(unaligned(from, to, 65));
            }
        }
        return all;
    }

    private static KernelCase convert(DType from, DType to, int n) {
        return KernelCase.of("convert %s to %s [%d]".formatted(from, to, n), DType.F32, 0, in -> {
            Tensor y = in.kernels().empty(to, Shape.of(n));
            in.kernels().copy(in.real(1, from, Shape.of(n)), y);
            return List.of(y);
        });
    }

    private static KernelCase unaligned(DType from, DType to, int n) {
        return KernelCase.of("convert %s to %s unaligned [%d]".formatted(from, to, n - 1), DType.F32, 0, in -> {
            Tensor y = in.kernels().empty(to, Shape.of(n));
            in.kernels().copy(in.real(1, from, Shape.of(n)).rows(1, n), y.rows(1, n));
            return List.of(y.rows(1, n));
        });
    }
}
