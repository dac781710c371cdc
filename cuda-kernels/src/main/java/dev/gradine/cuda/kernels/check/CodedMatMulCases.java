package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Products with weights of codes, also under a low-rank update, against the CPU with the same weights.
public final class CodedMatMulCases {

    private CodedMatMulCases() {}

    private record Size(boolean transposed, int m, int n, int k, Coded w) {

        private Shape weight() {
            return transposed ? Shape.of(n, k) : Shape.of(k, n);
        }
    }

    /// Those of weights of eight bits.
    public static List<KernelCase> int8() {
        List<Size> sizes = List.of(
                new Size(true, 1, 33, 264, Coded.INT8),
                new Size(true, 7, 5, 72, Coded.INT8),
                new Size(true, 31, 129, 40, Coded.INT8),
                new Size(true, 5, 9, 37, Coded.INT8), // rows that are no whole pieces
                new Size(true, 257, 40, 64, Coded.INT8), // decoded once
                new Size(false, 100, 16, 9, Coded.INT8),
                new Size(false, 9, 136, 31, Coded.INT8),
                new Size(false, 11, 35, 31, Coded.INT8));
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Size s : sizes) all.add(product(type, s));
            all.add(lowRank(type, Coded.INT8, 33));
        }
        return List.copyOf(all);
    }

    /// Those of weights of four bits.
    public static List<KernelCase> nf4() {
        Coded nf4 = new Coded(DType.NF4, 64, false);
        Coded nested = new Coded(DType.NF4, 64, true);
        Coded fp4 = new Coded(DType.FP4, 32, false);
        Coded nestedFp4 = new Coded(DType.FP4, 128, true);
        List<Size> sizes = List.of(
                new Size(true, 1, 33, 264, nf4),
                new Size(true, 7, 5, 72, nestedFp4),
                new Size(true, 31, 129, 40, nested),
                new Size(true, 100, 9, 24, fp4), // a second half of a tile
                new Size(true, 5, 9, 37, nested), // rows that are no whole pieces
                new Size(true, 257, 40, 64, nested), // decoded once
                new Size(false, 100, 16, 9, fp4),
                new Size(false, 9, 136, 31, nf4),
                new Size(false, 11, 35, 31, nf4),
                new Size(false, 33, 24, 64, nestedFp4));
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Size s : sizes) all.add(product(type, s));
            for (Coded w : Coded.kinds(64)) all.add(lowRank(type, w, 33));
            all.add(lowRank(type, nested, 257));
        }
        return List.copyOf(all);
    }

    /// With bf16 data there are five errors of half a unit: of the result, of the update where it is made first, and
    /// three of weights that tensor cores round to bf16, since sums of their errors deviate by half a unit at most.
    private static double bound(DType type, int k) {
        double product = MatMulCases.bound(k, type);
        return type == DType.F32 ? 2 * product : product + 1.5 * MatMulCases.BF16_EPSILON;
    }

    private static String stem(Coded w) {
        return w.type() == DType.INT8 ? "int8_mat_mul" : "nf4_mat_mul";
    }

    private static KernelCase product(DType type, Size s) {
        String name =
                "%s_%s m %d, n %d, k %d of %s".formatted(stem(s.w), s.transposed ? "nt" : "nn", s.m, s.n, s.k, s.w);
        return KernelCase.of(name, type, bound(type, s.k), in -> {
            Tensor a = in.data(1, s.m, s.k);
            Tensor c = in.data(2, s.m, s.n);
            Tensor w = s.w.of(in, s.weight());
            if (s.transposed) in.kernels().matMul().nt(a, w, 0.5f, true, c);
            else in.kernels().matMul().nn(a, w, 0.5f, true, c);
            return List.of(c);
        });
    }

    /// `y = x Wᵀ + s · (x Aᵀ) Bᵀ` and the gradient of x.
    private static KernelCase lowRank(DType type, Coded kind, int n) {
        String name = "%s low rank n %d of %s".formatted(stem(kind), n, kind);
        int out = 40;
        int in0 = 64;
        int rank = 8;
        return KernelCase.of(name, type, bound(type, in0), in -> {
            Tensor w = kind.of(in, Shape.of(out, in0));
            Tensor a = in.raw(DType.F32, Shape.of(rank, in0), Weights.bytes(DType.F32, rank * in0));
            Tensor b = in.raw(DType.F32, Shape.of(out, rank), Weights.bytes(DType.F32, out * rank));
            Tensor u = in.outSingle(n, rank);
            Tensor y = in.out(n, out);
            in.kernels().lowRank().forward(in.data(1, n, in0), w, a, b, 0.25f, u, y);
            Tensor du = in.outSingle(n, rank);
            Tensor dx = in.out(n, in0);
            in.kernels().lowRank().inputGradient(in.data(2, n, out), w, a, b, 0.25f, du, dx);
            return List.of(u, y, du, dx);
        });
    }
}
