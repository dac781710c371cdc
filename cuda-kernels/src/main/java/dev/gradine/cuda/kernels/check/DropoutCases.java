package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Dropout: one mask on every device, and a quotient rounded once, so that f32 agrees to the bit.
public final class DropoutCases {

    private static final long SEED = 0x1234_5678_9abc_def0L;

    private DropoutCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 70_003}) all.add(of(type, n, 0.1f, SEED));
            all.add(of(type, 1000, 0, SEED));
            all.add(of(type, 1000, 0.9f, -1));
        }
        return all;
    }

    private static KernelCase of(DType type, int n, float p, long seed) {
        return KernelCase.of("dropout %s [%d]".formatted(p, n), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n);
            in.kernels().dropout().apply(in.data(1, n), p, seed, y);
            return List.of(y);
        });
    }
}
