package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Keys and values into their caches: copies, equal to the bit.
public final class KvAppendCases {

    private static final int CAPACITY = 80;

    private KvAppendCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] shape : new int[][] {{0, 8}, {1, 1}, {7, 31}, {1, 64}, {33, 1000}}) {
                all.add(append(type, shape[0], shape[1]));
            }
        }
        return all;
    }

    /// Into every other row from the last one down.
    private static int[] slots(int n) {
        int[] slots = new int[n];
        for (int i = 0; i < n; i++) slots[i] = CAPACITY - 1 - 2 * i;
        return slots;
    }

    private static KernelCase append(DType type, int n, int width) {
        return KernelCase.of("kv_append [%d, %d]".formatted(n, width), type, 0, in -> {
            Tensor keys = in.data(3, CAPACITY, width);
            Tensor values = in.data(4, CAPACITY, width);
            Tensor slots = in.ints(slots(n));
            in.kernels().kvAppend().append(in.data(1, n, width), in.data(2, n, width), slots, keys, values);
            return List.of(keys, values);
        });
    }
}
