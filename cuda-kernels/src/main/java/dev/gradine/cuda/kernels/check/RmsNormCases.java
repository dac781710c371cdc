package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.check.RowShapes.Rows;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// RMSNorm: sums over a row, then a few roundings; sums over rows for the weight.
public final class RmsNormCases {

    private static final float EPS = 1e-5f;
    private static final int ROUNDINGS = 8;

    private RmsNormCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Rows r : RowShapes.all()) {
                all.add(forward(type, r.n(), r.c()));
                all.add(backward(type, r.n(), r.c()));
            }
            all.add(frozen(type, 5, 72));
        }
        return all;
    }

    private static KernelCase forward(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c));
        return KernelCase.of("rms_norm_forward [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor y = in.out(n, c);
            Tensor rstd = in.outSingle(n);
            in.kernels().rmsNorm().forward(in.data(1, n, c), in.single(2, c), EPS, y, rstd);
            return List.of(y, rstd);
        });
    }

    private static KernelCase backward(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c) + Bounds.sum(n));
        return KernelCase.of("rms_norm_backward [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor dx = in.out(n, c);
            Tensor dw = in.single(5, c);
            Tensor x = in.data(1, n, c);
            in.kernels().rmsNorm().backward(in.data(3, n, c), x, in.single(2, c), in.single(4, n), dx, dw);
            return List.of(dx, dw);
        });
    }

    /// Without a gradient of the weight, and dx in the place of dy.
    private static KernelCase frozen(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c));
        return KernelCase.of("rms_norm_backward frozen [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor dx = in.data(3, n, c);
            in.kernels().rmsNorm().backward(dx, in.data(1, n, c), in.single(2, c), in.single(4, n), dx, null);
            return List.of(dx);
        });
    }
}
