package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import java.util.ArrayList;
import java.util.List;

/// AdamW updates, rounded as on the CPU where parameters are f32, so that they agree to the bit.
public final class AdamWCases {

    private static final Update UPDATE = new Update(1e-2f, 0.9f, 0.999f, 1e-8f, 0.1f, 3, 0.5f);

    private AdamWCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 20_001}) {
            all.add(step(DType.F32, n));
            all.add(step(DType.BF16, n));
        }
        return all;
    }

    /// Second moments are not negative.
    private static Tensor second(Inputs in, int n) {
        float[] v = Inputs.random(4, n);
        for (int i = 0; i < n; i++) v[i] *= v[i];
        return in.single(Shape.of(n), v);
    }

    private static KernelCase step(DType type, int n) {
        return KernelCase.of("adamw [%d]".formatted(n), type, Bounds.of(type, 0), in -> {
            Tensor p = in.data(1, n);
            Tensor m = in.single(3, n);
            Tensor v = second(in, n);
            in.kernels().adamW().step(p, in.data(2, n), m, v, UPDATE);
            return List.of(p, m, v);
        });
    }
}
