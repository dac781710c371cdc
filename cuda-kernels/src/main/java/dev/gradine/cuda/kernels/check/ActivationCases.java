package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// SwiGLU. The exponential is off by 2 units of its last place and |x| roundings, the quotient by 2, and
/// the CPU's are off by as much.
public final class ActivationCases {

    private static final int[] SIZES = {0, 1, 7, 31, 33, 64, 65, 1000};
    private static final double ROUNDINGS = 32;

    private ActivationCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int n : SIZES) {
                all.add(swiGlu(type, n));
                all.add(swiGluBackward(type, n));
            }
            all.add(swiGlu(type, 40_003));
            all.add(farSwiGlu(type));
        }
        return all;
    }

    private static double bound(DType type) {
        return Bounds.of(type, ROUNDINGS);
    }

    private static KernelCase swiGlu(DType type, int n) {
        return KernelCase.of("activation_swiglu [%d]".formatted(n), type, bound(type), in -> {
            Tensor y = in.out(n);
            in.kernels().activation().swiGlu(in.data(1, n), in.data(2, n), y);
            return List.of(y);
        });
    }

    /// Gates at which exp overflows and vanishes.
    private static KernelCase farSwiGlu(DType type) {
        return KernelCase.of("activation_swiglu far out", type, bound(type), in -> {
            Tensor gate = in.data(Shape.of(6), -200, -90, -87, 30, 90, 200);
            Tensor y = in.out(6);
            in.kernels().activation().swiGlu(gate, in.data(2, 6), y);
            return List.of(y);
        });
    }

    private static KernelCase swiGluBackward(DType type, int n) {
        return KernelCase.of("activation_swiglu_backward [%d]".formatted(n), type, bound(type), in -> {
            Tensor dGate = in.out(n);
            Tensor dUp = in.out(n);
            in.kernels().activation().swiGluBackward(in.data(1, n), in.data(2, n), in.data(3, n), dGate, dUp);
            return List.of(dGate, dUp);
        });
    }
}
