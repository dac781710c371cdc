package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Rows of tables of every real type. Rows are copied or decoded as on the CPU, and their gradients added in its order,
/// so that f32 agrees to the bit.
public final class IndexSelectCases {

    private static final int PLACES = 37;
    private static final DType[] TABLES = {DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1};

    private IndexSelectCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (DType table : TABLES) {
                all.add(forward(type, table, 5, 32));
                all.add(forward(type, table, 33, 1056));
                if (table.blockSize() > 1) continue;
                all.add(forward(type, table, 0, 8));
                all.add(forward(type, table, 1, 1));
                all.add(forward(type, table, 7, 31));
            }
            for (int[] shape : new int[][] {{0, 8}, {1, 1}, {7, 31}, {100, 64}, {300, 65}}) {
                all.add(backward(type, shape[0], shape[1]));
            }
        }
        return all;
    }

    private static KernelCase forward(DType type, DType table, int n, int c) {
        String name = "index_select_forward of %s [%d, %d]".formatted(table, n, c);
        return KernelCase.of(name, type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n, c);
            Tensor rows = in.real(1, table, Shape.of(PLACES, c));
            in.kernels().indexSelect().forward(in.ints(Inputs.indices(2, n, PLACES)), rows, y);
            return List.of(y);
        });
    }

    private static KernelCase backward(DType type, int n, int c) {
        double bound = Bounds.of(DType.F32, 0); // dTable is f32 in both types
        return KernelCase.of("index_select_backward [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor dTable = in.single(3, PLACES, c);
            in.kernels().indexSelect().backward(in.ints(Inputs.indices(2, n, PLACES)), in.data(1, n, c), dTable);
            return List.of(dTable);
        });
    }
}
