package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Weights of eight bits with a scale a row, decoded whole. Two products are rounded alike on every device, so that f32
/// agrees to the bit.
public final class Int8Cases {

    private Int8Cases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int columns : new int[] {1, 7, 64, 65}) {
                for (int rows : new int[] {1, 33, 600}) all.add(decoded(type, rows, columns));
            }
            all.add(gathered(type, 33, 40));
        }
        all.add(half());
        return all;
    }

    private static KernelCase decoded(DType type, int rows, int columns) {
        return KernelCase.of("int8 [%d, %d]".formatted(rows, columns), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(rows, columns);
            in.kernels().copy(Coded.INT8.of(in, Shape.of(rows, columns)), y);
            return List.of(y);
        });
    }

    private static KernelCase gathered(DType type, int n, int c) {
        return KernelCase.of("int8 rows [%d, %d]".formatted(n, c), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n, c);
            Tensor ids = in.ints(Inputs.indices(2, n, 37));
            in.kernels().indexSelect().forward(ids, Coded.INT8.of(in, Shape.of(37, c)), y);
            return List.of(y);
        });
    }

    private static KernelCase half() {
        return KernelCase.of("int8 to F16 [5, 40]", DType.F32, 0, in -> {
            Tensor y = in.kernels().empty(DType.F16, Shape.of(5, 40));
            in.kernels().copy(Coded.INT8.of(in, Shape.of(5, 40)), y);
            return List.of(y);
        });
    }
}
