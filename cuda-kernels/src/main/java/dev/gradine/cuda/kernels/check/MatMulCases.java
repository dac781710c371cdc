package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Matrix products at sizes around a tile of 128 × 128 and its steps of 16 and 32, with frozen weights
/// of every type.
public final class MatMulCases {

    private static final double EPSILON = 0x1p-24; // of one rounding to f32
    static final double BF16_EPSILON = 0x1p-8; // of one rounding to bf16

    private MatMulCases() {}

    /// Which operands lie transposed.
    private enum Form {
        NT,
        NN,
        TN;

        private int[] a(int m, int k) {
            return this == TN ? new int[] {k, m} : new int[] {m, k};
        }

        private int[] b(int n, int k) {
            return this == NT ? new int[] {n, k} : new int[] {k, n};
        }

        private void run(MatMulKernel to, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
            switch (this) {
                case NT -> to.nt(a, b, alpha, accumulate, c);
                case NN -> to.nn(a, b, alpha, accumulate, c);
                case TN -> to.tn(a, b, alpha, accumulate, c);
            }
        }
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (Form form : Form.values()) {
            for (DType type : List.of(DType.F32, DType.BF16)) {
                all.add(overwriting(form, type, 1, 7, 31));
                all.add(overwriting(form, type, 33, 65, 64));
                all.add(accumulating(form, type, 31, 129, 33));
                all.add(accumulating(form, type, 129, 127, 7));
                all.add(overwriting(form, type, 5, 31, 523)); // in slices
            }
            all.add(overwriting(form, DType.BF16, 136, 72, 40)); // rows are multiples of 16 bytes: asynchronous copies
            all.add(accumulating(form, DType.BF16, 8, 136, 168));
            all.add(overwriting(form, DType.BF16, 24, 40, 1032));
            all.add(single(form, 40, 24, 72));
            all.add(overwriting(form, DType.F32, 1153, 136, 8)); // more than a group of tiles
            all.add(overwriting(form, DType.BF16, 1160, 136, 8));
        }
        all.add(frozen(Form.TN, DType.BF16, DType.F32, 40, 33, 24));
        for (DType weight : List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1)) {
            for (DType type : List.of(DType.F32, DType.BF16)) {
                all.add(frozen(Form.NT, type, weight, 9, 33, 96));
                all.add(frozen(Form.NN, type, weight, 33, 96, 40));
            }
        }
        all.add(frozen(Form.NT, DType.BF16, DType.Q8_0, 257, 33, 96)); // decoded once
        all.add(frozen(Form.NN, DType.BF16, DType.F32, 257, 72, 40));
        return List.copyOf(all);
    }

    /// Cases for which there are kernels for Hopper alone: around a tile of 128 × 256 and its steps of 64,
    /// and rounds of its ring of four.
    public static List<KernelCase> hopper() {
        List<KernelCase> all = new ArrayList<>();
        for (Form form : Form.values()) {
            all.add(overwriting(form, DType.BF16, 128, 256, 64)); // one tile, one step
            all.add(overwriting(form, DType.BF16, 136, 264, 72)); // tiles and steps that end inside
            all.add(accumulating(form, DType.BF16, 200, 256, 328)); // more steps than stages
            all.add(single(form, 128, 304, 200));
            all.add(addedSingle(form, 136, 256, 264));
        }
        all.add(accumulating(Form.NT, DType.BF16, 264, 520, 136)); // tiles down and across
        all.add(overwriting(Form.NT, DType.BF16, 2056, 256, 64)); // more than a group of them
        all.add(overwriting(Form.NT, DType.BF16, 129, 257, 64)); // rows of the result that are no whole pieces
        all.add(accumulating(Form.NT, DType.BF16, 131, 299, 72));
        all.add(single(Form.NT, 255, 301, 64));
        all.add(overwriting(Form.NN, DType.BF16, 133, 256, 64));
        all.add(frozen(Form.NT, DType.BF16, DType.Q8_0, 257, 259, 96)); // decoded before
        return List.copyOf(all);
    }

    /// Two sums of k terms, here and on the CPU, whose errors grow as √k, and what tensor cores cut
    /// off: at most two units a step of 8 terms; then one rounding of the result.
    static double bound(int k, DType result) {
        double sum = EPSILON * (8 * Math.sqrt(k) + 4 * Math.ceilDiv(k, 8) + 2);
        return result == DType.F32 ? sum : sum + BF16_EPSILON;
    }

    private static String name(Form form, String what, int m, int n, int k) {
        return "mat_mul_%s%s m %d, n %d, k %d".formatted(form.name().toLowerCase(Locale.ROOT), what, m, n, k);
    }

    private static KernelCase overwriting(Form form, DType type, int m, int n, int k) {
        return KernelCase.of(name(form, "", m, n, k), type, bound(k, type), in -> {
            Tensor c = in.out(m, n);
            form.run(in.kernels().matMul(), in.data(1, form.a(m, k)), in.data(2, form.b(n, k)), 1, false, c);
            return List.of(c);
        });
    }

    private static KernelCase accumulating(Form form, DType type, int m, int n, int k) {
        return KernelCase.of(name(form, " added", m, n, k), type, bound(k, type), in -> {
            Tensor c = in.data(3, m, n);
            form.run(in.kernels().matMul(), in.data(1, form.a(m, k)), in.data(2, form.b(n, k)), 0.5f, true, c);
            return List.of(c);
        });
    }

    /// An f32 result of bf16 data, as gradients of f32 parameters are.
    private static KernelCase single(Form form, int m, int n, int k) {
        return KernelCase.of(name(form, " to f32", m, n, k), DType.BF16, bound(k, DType.F32), in -> {
            Tensor c = in.outSingle(m, n);
            form.run(in.kernels().matMul(), in.data(1, form.a(m, k)), in.data(2, form.b(n, k)), 1, false, c);
            return List.of(c);
        });
    }

    private static KernelCase addedSingle(Form form, int m, int n, int k) {
        return KernelCase.of(name(form, " added to f32", m, n, k), DType.BF16, bound(k, DType.F32), in -> {
            Tensor c = in.single(3, m, n);
            form.run(in.kernels().matMul(), in.data(1, form.a(m, k)), in.data(2, form.b(n, k)), -2, true, c);
            return List.of(c);
        });
    }

    /// Weights of another type, whose values are bf16 numbers too: so both devices multiply the same
    /// ones.
    private static KernelCase frozen(Form form, DType type, DType weight, int m, int n, int k) {
        return KernelCase.of(name(form, " of " + weight, m, n, k), type, bound(k, type), in -> {
            Tensor c = in.out(m, n);
            Tensor b = in.raw(weight, Shape.of(form.b(n, k)), Weights.bytes(weight, n * k));
            form.run(in.kernels().matMul(), in.data(1, form.a(m, k)), b, 1, false, c);
            return List.of(c);
        });
    }
}
