package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.check.RowShapes.Rows;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Softmax against its formula in double: positive sums of exponentials, each off by a few roundings and one for every
/// unit of its argument.
public final class SoftmaxCases {

    private static final float SCALE = 3;
    private static final double ROUNDINGS = 32;

    private SoftmaxCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Rows r : RowShapes.all()) {
                all.add(forward(type, r.n(), r.c()));
                all.add(backward(type, r.n(), r.c()));
            }
        }
        return all;
    }

    private static KernelCase forward(DType type, int n, int c) {
        return new KernelCase(
                "softmax_forward [%d, %d]".formatted(n, c),
                type,
                Bounds.of(type, ROUNDINGS + Bounds.sum(c)),
                in -> {
                    Tensor y = in.out(n, c);
                    in.kernels().softmax().forward(in.data(1, n, c), SCALE, y);
                    return List.of(y);
                },
                in -> {
                    float[] x = in.kernels().download(in.data(1, n, c));
                    for (int row = 0; row < n; row++) softmax(x, row * c, c);
                    return List.of(in.single(Shape.of(n, c), x));
                });
    }

    private static void softmax(float[] x, int from, int c) {
        double largest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int i = from; i < from + c; i++) largest = Math.max(largest, (double) SCALE * x[i]);
        for (int i = from; i < from + c; i++) sum += Math.exp((double) SCALE * x[i] - largest);
        for (int i = from; i < from + c; i++) x[i] = (float) (Math.exp((double) SCALE * x[i] - largest) / sum);
    }

    private static KernelCase backward(DType type, int n, int c) {
        return new KernelCase(
                "softmax_backward [%d, %d]".formatted(n, c),
                type,
                Bounds.of(type, ROUNDINGS + Bounds.sum(c)),
                in -> {
                    Tensor dx = in.out(n, c);
                    Tensor dy = in.data(1, n, c);
                    in.kernels().softmax().backward(dy, in.data(2, n, c), SCALE, dx);
                    return List.of(dx);
                },
                in -> {
                    float[] dy = in.kernels().download(in.data(1, n, c));
                    float[] y = in.kernels().download(in.data(2, n, c));
                    for (int row = 0; row < n; row++) gradient(dy, y, row * c, c);
                    return List.of(in.single(Shape.of(n, c), dy));
                });
    }

    private static void gradient(float[] dy, float[] y, int from, int c) {
        double dot = 0;
        for (int i = from; i < from + c; i++) dot += (double) y[i] * dy[i];
        for (int i = from; i < from + c; i++) dy[i] = (float) (SCALE * y[i] * (dy[i] - dot));
    }
}
