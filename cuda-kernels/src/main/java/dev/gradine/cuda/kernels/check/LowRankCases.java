package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// A linear layer with a low-rank update, forward and gradient, at ranks around a step of 16 and 32.
public final class LowRankCases {

    private static final float SCALE =
            0.0625f; // the update is smaller than what it is added to, so that its roundings are

    private LowRankCases() {}

    /// Rows, outputs, inputs, rank and the type of the frozen weight.
    private record Size(int n, int o, int i, int r, DType weight) {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        List<Size> sizes = List.of(
                new Size(3, 31, 33, 1, DType.F32),
                new Size(65, 129, 31, 7, DType.F32),
                new Size(129, 64, 64, 18, DType.BF16),
                new Size(129, 136, 72, 16, DType.BF16), // x is read once, where its rows are whole pieces
                new Size(40, 136, 72, 5, DType.BF16), // the same with an odd rank
                new Size(31, 40, 264, 4, DType.BF16),
                // numbers of steps after which the first buffer is read last, and a second half of a tile
                new Size(100, 144, 144, 5, DType.F32),
                new Size(33, 160, 160, 18, DType.BF16),
                new Size(33, 160, 160, 5, DType.Q8_0),
                new Size(33, 96, 96, 17, DType.Q8_0),
                new Size(257, 32, 64, 3, DType.Q4_1), // W is decoded once
                new Size(7, 64, 544, 33, DType.Q4_0)); // in slices, one product after the other
        for (Size s : sizes) {
            for (DType type : List.of(DType.F32, DType.BF16)) {
                all.add(forward(type, s));
                all.add(gradient(type, s));
            }
        }
        return List.copyOf(all);
    }

    /// Cases whose base product is made by a kernel for Hopper alone, both ways.
    public static List<KernelCase> hopper() {
        Size wide = new Size(136, 264, 256, 16, DType.BF16);
        Size square = new Size(256, 256, 288, 8, DType.Q8_0); // W is decoded once
        return List.of(
                forward(DType.BF16, wide),
                gradient(DType.BF16, wide),
                forward(DType.BF16, square),
                gradient(DType.BF16, square));
    }

    /// The base product and the update each err as a product does. With bf16 data s · u is rounded to
    /// bf16 before it is multiplied, and where the two are made one after the other the update is before
    /// the base product is added; both are roundings of the update, which is smaller: one more in all.
    private static double bound(DType type, int k) {
        double product = MatMulCases.bound(k, type);
        return type == DType.F32 ? 2 * product : product + MatMulCases.BF16_EPSILON;
    }

    private static String name(String pass, Size s) {
        return "low_rank_%s n %d, o %d, i %d, r %d of %s".formatted(pass, s.n, s.o, s.i, s.r, s.weight);
    }

    private static Tensor weight(Inputs in, Size s) {
        return in.raw(s.weight, Shape.of(s.o, s.i), Weights.bytes(s.weight, s.o * s.i));
    }

    /// An adapter whose values are bf16 numbers too.
    private static Tensor adapter(Inputs in, int rows, int columns) {
        return in.raw(DType.F32, Shape.of(rows, columns), Weights.bytes(DType.F32, rows * columns));
    }

    private static KernelCase forward(DType type, Size s) {
        return KernelCase.of(name("forward", s), type, bound(type, s.i), in -> {
            Tensor u = in.outSingle(s.n, s.r);
            Tensor y = in.out(s.n, s.o);
            Tensor a = adapter(in, s.r, s.i);
            Tensor b = adapter(in, s.o, s.r);
            in.kernels().lowRank().forward(in.data(1, s.n, s.i), weight(in, s), a, b, SCALE, u, y);
            return List.of(u, y);
        });
    }

    private static KernelCase gradient(DType type, Size s) {
        return KernelCase.of(name("gradient", s), type, bound(type, s.o), in -> {
            Tensor du = in.outSingle(s.n, s.r);
            Tensor dx = in.out(s.n, s.i);
            Tensor a = adapter(in, s.r, s.i);
            Tensor b = adapter(in, s.o, s.r);
            in.kernels().lowRank().inputGradient(in.data(1, s.n, s.o), weight(in, s), a, b, SCALE, du, dx);
            return List.of(du, dx);
        });
    }
}
