package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.Nf4MatMulCuda;
import dev.gradine.cuda.kernels.Nf4MatMulCuda.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Products with weights in NF4, against the CPU with the same weights decoded beforehand.
public final class Nf4MatMulCases {

    private static final float[]
            TABLE = { // few digits, so that tensor cores take the same values; the real ones have more
        -1, -0.75f, -0.5f, -0.375f, -0.25f, -0.1875f, -0.09375f, 0, 0.078125f, 0.15625f, 0.25f, 0.375f, 0.5f, 0.5625f,
        0.75f, 1
    };

    private Nf4MatMulCases() {}

    private record Size(boolean transposed, int m, int n, int k, int block) {

        private Shape weight() {
            return transposed ? Shape.of(n, k) : Shape.of(k, n);
        }
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        List<Size> sizes = List.of(
                new Size(true, 1, 33, 264, 64),
                new Size(true, 7, 5, 72, 8),
                new Size(true, 31, 129, 40, 64),
                new Size(true, 100, 9, 24, 8), // a second half of a tile
                new Size(false, 100, 16, 9, 16),
                new Size(false, 9, 136, 31, 64),
                new Size(false, 33, 24, 64, 32));
        for (Size s : sizes) {
            all.add(of(DType.F32, s));
            all.add(of(DType.BF16, s));
        }
        return List.copyOf(all);
    }

    private static KernelCase of(DType type, Size s) {
        String name = "nf4_mat_mul_%s m %d, n %d, k %d, block %d"
                .formatted(s.transposed ? "nt" : "nn", s.m, s.n, s.k, s.block);
        return new KernelCase(name, type, MatMulCases.bound(s.k, type), in -> coded(in, s), in -> decoded(in, s));
    }

    private static List<Tensor> coded(Inputs in, Size s) {
        Tensor codes = in.raw(DType.U8, Shape.of(s.weight().size() / 2), codes(s));
        float[] absmax = absmax(s);
        Tensor scales = in.single(Shape.of(absmax.length), absmax);
        Weight w = new Weight(s.weight(), codes, scales, in.single(Shape.of(16), TABLE.clone()), s.block);
        Tensor a = in.data(1, s.m, s.k);
        Tensor c = in.data(2, s.m, s.n);
        Nf4MatMulCuda kernel = new Nf4MatMulCuda(((CudaKernels) in.kernels()).gpu());
        if (s.transposed) kernel.nt(a, w, 0.5f, true, c);
        else kernel.nn(a, w, 0.5f, true, c);
        return List.of(c);
    }

    private static List<Tensor> decoded(Inputs in, Size s) {
        byte[] codes = codes(s);
        float[] absmax = absmax(s);
        float[] values = new float[s.weight().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = TABLE[codes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15] * absmax[i / s.block];
        }
        Tensor w = in.single(s.weight(), values);
        Tensor a = in.data(1, s.m, s.k);
        Tensor c = in.data(2, s.m, s.n);
        if (s.transposed) in.kernels().matMul().nt(a, w, 0.5f, true, c);
        else in.kernels().matMul().nn(a, w, 0.5f, true, c);
        return List.of(c);
    }

    private static byte[] codes(Size s) {
        byte[] codes = new byte[s.weight().size() / 2];
        new SplittableRandom(5).nextBytes(codes);
        return codes;
    }

    private static float[] absmax(Size s) {
        SplittableRandom rng = new SplittableRandom(6);
        float[] absmax = new float[Math.ceilDiv(s.weight().size(), s.block)];
        for (int i = 0; i < absmax.length; i++) absmax[i] = 1f / (1 << rng.nextInt(3));
        return absmax;
    }
}
