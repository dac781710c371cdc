package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LionKernel.Update;
import java.util.ArrayList;
import java.util.List;

/// Lion updates, rounded as on the CPU, so that they agree to the bit.
final class LionCases {

    private static final Update UPDATE = new Update(1e-2f, 0.9f, 0.99f, 0.1f, 0.5f);

    private LionCases() {}

    /// Every case.
    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 20_001}) all.add(step(n));
        return all;
    }

    private static KernelCase step(int n) {
        return KernelCase.of("lion [%d]".formatted(n), DType.F32, 0, in -> {
            Tensor p = in.single(1, n);
            Tensor m = in.single(3, n);
            in.kernels().lion().step(p, in.single(2, n), m, UPDATE);
            return List.of(p, m);
        });
    }
}
