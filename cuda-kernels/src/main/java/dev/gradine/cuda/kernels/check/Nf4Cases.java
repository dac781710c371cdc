package dev.gradine.cuda.kernels.check;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.Nf4Cuda.Nested;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Weights of four bits, against the formula: one product, which f32 rounds alike on every device. Double-quantised
/// magnitudes are fused with their offset, or not.
public final class Nf4Cases {

    private static final int BLOCK = 64;

    /// The quantiles of the normal distribution, Dettmers et al. 2023 (arXiv:2305.14314), appendix E.
    private static final float[] CODE = {
        -1.0f,
        -0.6961928f,
        -0.52507305f,
        -0.3949175f,
        -0.28444138f,
        -0.18477343f,
        -0.091050036f,
        0.0f,
        0.0795803f,
        0.1609302f,
        0.2461123f,
        0.33791524f,
        0.44070983f,
        0.562617f,
        0.72295684f,
        1.0f
    };

    private Nf4Cases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 40_003}) {
                all.add(plain(type, n));
                all.add(nested(type, n));
            }
        }
        return all;
    }

    /// Random codes and magnitudes of `n` values.
    private static final class Weights {

        private final byte[] q;
        private final byte[] absmax;
        private final float[] nested;
        private final float[] map = new float[256];
        private final float offset = 0.7f;

        Weights(int n) {
            SplittableRandom rng = new SplittableRandom(n);
            int blocks = Math.ceilDiv(n, BLOCK);
            q = new byte[Math.ceilDiv(n, 2)];
            absmax = new byte[blocks];
            rng.nextBytes(q);
            rng.nextBytes(absmax);
            for (int i = 0; i < map.length; i++) map[i] = (i - 127) / 128f;
            nested = new float[Math.ceilDiv(blocks, 256)];
            for (int i = 0; i < nested.length; i++) nested[i] = 0.2f + 0.01f * i;
        }

        float magnitude(int block) {
            return map[absmax[block] & 0xff] * nested[block / 256] + offset;
        }

        float[] magnitudes() {
            float[] all = new float[absmax.length];
            for (int b = 0; b < all.length; b++) all[b] = magnitude(b);
            return all;
        }

        float[] values(int n) {
            float[] w = new float[n];
            for (int i = 0; i < n; i++) {
                int code = i % 2 == 0 ? (q[i / 2] >> 4) & 15 : q[i / 2] & 15;
                w[i] = CODE[code] * magnitude(i / BLOCK);
            }
            return w;
        }
    }

    private static Tensor codes(Inputs in, byte[] q) {
        return in.raw(DType.U8, Shape.of(q.length), q);
    }

    private static Tensor floats(Inputs in, float[] values) {
        return in.single(Shape.of(values.length), values);
    }

    private static KernelCase plain(DType type, int n) {
        return new KernelCase(
                "nf4 [%d]".formatted(n),
                type,
                Bounds.of(type, 0),
                in -> {
                    Weights w = new Weights(n);
                    Tensor y = in.out(n);
                    Tensor absmax = floats(in, w.magnitudes());
                    Tensor q = codes(in, w.q);
                    ((CudaKernels) in.kernels()).nf4().dequantise(q, floats(in, CODE), absmax, BLOCK, y);
                    return List.of(y);
                },
                in -> List.of(floats(in, new Weights(n).values(n))));
    }

    private static KernelCase nested(DType type, int n) {
        return new KernelCase(
                "nf4_nested [%d]".formatted(n),
                type,
                Bounds.of(type, 3),
                in -> {
                    Weights w = new Weights(n);
                    Tensor y = in.out(n);
                    Tensor absmax = codes(in, w.absmax);
                    Nested nested = new Nested(absmax, floats(in, w.nested), floats(in, w.map), w.offset);
                    Tensor q = codes(in, w.q);
                    ((CudaKernels) in.kernels()).nf4().dequantise(q, floats(in, CODE), nested, BLOCK, y);
                    return List.of(y);
                },
                in -> List.of(floats(in, new Weights(n).values(n))));
    }
}
