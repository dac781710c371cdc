package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.check.RowShapes.Rows;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Layer normalisation: sums over a row, then a few roundings; sums over rows for weight and bias. A row of one value
/// has no variance: its output is the bias, and 1 / √eps times a rounding of zero.
public final class LayerNormCases {

    private static final float EPS = 1e-5f;
    private static final int ROUNDINGS = 12;

    private LayerNormCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Rows r : RowShapes.all()) {
                all.add(forward(type, r.n(), r.c()));
                all.add(backward(type, r.n(), r.c()));
            }
            all.add(biasAlone(type, 5, 72));
        }
        return all;
    }

    private static KernelCase forward(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c));
        return KernelCase.of("layer_norm_forward [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor y = in.out(n, c);
            Tensor mean = in.outSingle(n);
            Tensor rstd = in.outSingle(n);
            Tensor x = in.data(1, n, c);
            in.kernels().layerNorm().forward(x, in.single(2, c), in.single(3, c), EPS, y, mean, rstd);
            return List.of(y, mean, rstd);
        });
    }

    private static KernelCase backward(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c) + Bounds.sum(n));
        return KernelCase.of("layer_norm_backward [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor dx = in.out(n, c);
            Tensor dw = in.single(5, c);
            Tensor db = in.single(6, c);
            Tensor mean = in.single(7, n);
            Tensor rstd = in.single(4, n);
            Tensor x = in.data(1, n, c);
            in.kernels().layerNorm().backward(in.data(3, n, c), x, in.single(2, c), mean, rstd, dx, dw, db);
            return List.of(dx, dw, db);
        });
    }

    /// Without a gradient of the weight, and dx in the place of dy.
    private static KernelCase biasAlone(DType type, int n, int c) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(c) + Bounds.sum(n));
        return KernelCase.of("layer_norm_backward of the bias [%d, %d]".formatted(n, c), type, bound, in -> {
            Tensor dx = in.data(3, n, c);
            Tensor db = in.single(6, c);
            Tensor mean = in.single(7, n);
            Tensor rstd = in.single(4, n);
            Tensor x = in.data(1, n, c);
            in.kernels().layerNorm().backward(dx, x, in.single(2, c), mean, rstd, dx, null, db);
            return List.of(dx, db);
        });
    }
}
