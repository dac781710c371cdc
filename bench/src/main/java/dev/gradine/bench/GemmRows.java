package dev.gradine.bench;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Matrix products at the shapes of a LoRA step: x `[M,K]` · Wᵀ `[N,K]`.
public final class GemmRows {

    private record Size(int m, int k, int n) {}

    private static final List<Size> SIZES = List.of(
            new Size(512, 512, 512),
            new Size(1024, 1024, 1024),
            new Size(2048, 2048, 2048),
            new Size(1024, 576, 1536),
            new Size(1024, 1536, 576),
            new Size(1024, 576, 576),
            new Size(1024, 576, 16),
            new Size(1024, 16, 576),
            new Size(1, 576, 1536),
            new Size(1024, 576, 49_152));

    private GemmRows() {}

    /// Measures all of them.
    public static void run(Session session) {
        for (Size s : SIZES) {
            String work = "gemm nt f32 %d×%d·%dᵀ".formatted(s.m(), s.k(), s.n());
            session.arithmetic(work, 2e-9 * s.m() * s.k() * s.n(), k -> product(k, s));
        }
    }

    private static Contest product(Kernels k, Size s) {
        Tensor x = Values.uniform(k, 1, s.m(), s.k());
        Tensor w = Values.uniform(k, 2, s.n(), s.k());
        Tensor y = k.empty(Shape.of(s.m(), s.n()));
        k.matMul().nt(x, w, 1, false, y);
        requireRight(k, x, w, y, s);
        return new Contest(() -> k.matMul().nt(x, w, 1, false, y), () -> k.download(y), peer -> peer.matMulNt(x, w));
    }

    /// The last value of the first row, against a sum in double: the check there is without a peer.
    private static void requireRight(Kernels k, Tensor x, Tensor w, Tensor y, Size s) {
        float[] xs = k.download(x.rows(0, 1));
        float[] ws = k.download(w.rows(s.n() - 1, s.n()));
        double sum = 0;
        for (int i = 0; i < s.k(); i++) sum += (double) xs[i] * ws[i];
        float got = k.download(y.rows(0, 1))[s.n() - 1];
        if (!(Math.abs(got - sum) <= 1e-5 * s.k())) {
            throw new IllegalStateException("gemm %s gave %s, expected %s".formatted(s, got, sum));
        }
    }
}
