package dev.gradine.cli.bench;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// Matrix products at the shapes of a LoRA step: x `[M,K]` · Wᵀ `[N,K]`.
public final class GemmRows {

    private record Size(int m, int k, int n) {}

    private static final List<Size> SIZES = List.of(
            new Size(1024, 1024, 1024),
            new Size(1024, 576, 1536),
            new Size(1024, 1536, 576),
            new Size(1024, 576, 576),
            new Size(1024, 576, 16),
            new Size(1024, 16, 576),
            new Size(256, 576, 49_152),
            new Size(1, 576, 1536));

    private GemmRows() {}

    /// Measures all of them; each result is checked against a sum in double first.
    ///
    /// @param peak the machine's own rate in the same run, GFLOP/s
    public static void run(Kernels run, double peak, Consumer<Measured> out) {
        for (Size s : SIZES) {
            try (Kernels k = run.openStep()) {
                SplittableRandom rng = new SplittableRandom(1);
                Tensor x = random(k, rng, s.m(), s.k());
                Tensor w = random(k, rng, s.n(), s.k());
                Tensor y = k.empty(Shape.of(s.m(), s.n()));
                k.matMul().nt(x, w, 1, false, y);
                requireRight(k, x, w, y, s);
                Timing t = Timing.of(20, 7, 1.5, () -> k.matMul().nt(x, w, 1, false, y));
                double gflop = 2.0 * s.m() * s.k() * s.n() * 1e-9;
                String work = "gemm nt f32 %d×%d·%dᵀ".formatted(s.m(), s.k(), s.n());
                out.accept(Measured.rate(work, "GFLOP/s", gflop, t, peak));
            }
        }
    }

    private static Tensor random(Kernels k, SplittableRandom rng, int rows, int cols) {
        float[] v = new float[rows * cols];
        for (int i = 0; i < v.length; i++) v[i] = (float) rng.nextDouble(-1, 1);
        return k.of(Shape.of(rows, cols), v);
    }

    private static void requireRight(Kernels k, Tensor x, Tensor w, Tensor y, Size s) {
        float[] xs = k.download(x.rows(0, 1));
        float[] ws = k.download(w.rows(s.n() - 1, s.n()));
        double sum = 0;
        for (int i = 0; i < s.k(); i++) sum += (double) xs[i] * ws[i];
        float got = k.download(y.rows(0, 1))[s.n() - 1];
        if (Math.abs(got - sum) > 1e-5 * s.k()) {
            throw new IllegalStateException("gemm %s gave %s, expected %s".formatted(s, got, sum));
        }
    }
}
