package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Every function of `Fn` and `Fn2`, forward and backward. A function of the library is off by a few units of its last
/// place, the hardware's exponential by 2 and |x| roundings, a quotient by 2.
public final class FunctionCases {

    private static final float A = 0.75f; // constants that suit every function that has some
    private static final float B = 1.25f;
    private static final double ROUNDINGS = 40;
    private static final int[] SIZES = {1, 37, 1000};

    private FunctionCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Fn f : Fn.values()) addOne(all, f, type);
            for (Fn2 f : Fn2.values()) addTwo(all, f, type);
            all.add(many(type, 40_003));
            all.add(unaligned(type, 65));
            all.add(inPlace(type, 65));
        }
        return all;
    }

    private static void addOne(List<KernelCase> all, Fn f, DType type) {
        for (int n : SIZES) {
            all.add(forward(f, type, inDomain(f, Inputs.random(1, n))));
            all.add(backward(f, type, inDomain(f, Inputs.random(2, n))));
        }
        if (f.domain() != Fn.Domain.REAL) return;
        float[] far = {-200, -90, -87, -30, 30, 87, 90, 200};
        all.add(forward(f, type, far));
        if (f.keeps() == Fn.Keeps.X) all.add(backward(f, type, far));
    }

    private static void addTwo(List<KernelCase> all, Fn2 f, DType type) {
        for (int[] shape : new int[][] {{1, 1}, {3, 7}, {5, 24}, {33, 65}}) {
            int n = shape[0];
            int c = shape[1];
            for (Per per : Per.values()) {
                int seconds = switch (per) {
                    case VALUE -> n * c;
                    case COLUMN -> c;
                    case ROW -> n;
                };
                all.add(combine(f, per, type, n, c, seconds));
                all.add(combineBackward(f, per, type, n, c, seconds));
            }
        }
    }

    /// The values, moved to where the function is defined and no result is so large that it hides the others.
    private static float[] inDomain(Fn f, float[] x) {
        for (int i = 0; i < x.length; i++) {
            float large = 0.25f + Math.abs(x[i]);
            x[i] = switch (f.domain()) {
                case REAL -> x[i];
                case POSITIVE -> large;
                case NEGATIVE -> -large;
                case NONZERO -> x[i] < 0 ? -large : large;
                case ABOVE_MINUS_ONE -> large - 1;
            };
        }
        return x;
    }

    private static KernelCase forward(Fn f, DType type, float... x) {
        return of(f.id() + sizeOf(x), type, in -> {
            Tensor y = in.out(x.length);
            in.kernels().function().apply(f, A, B, in.data(Shape.of(x.length), x.clone()), y);
            return List.of(y);
        });
    }

    private static KernelCase backward(Fn f, DType type, float... kept) {
        return of(f.id() + "_backward" + sizeOf(kept), type, in -> {
            Tensor dx = in.out(kept.length);
            Tensor dy = in.data(9, kept.length);
            in.kernels().function().applyBackward(f, A, B, dy, in.data(Shape.of(kept.length), kept.clone()), dx);
            return List.of(dx);
        });
    }

    private static String sizeOf(float... x) {
        return (Math.abs(x[0]) > 100 ? " far out" : "") + " [%d]".formatted(x.length);
    }

    /// Second operands from 0.25 on in size, so that quotients keep theirs.
    private static Tensor second(Inputs in, Per per, int n) {
        float[] b = Inputs.random(4, n);
        for (int i = 0; i < n; i++) b[i] += b[i] < 0 ? -0.25f : 0.25f;
        return per == Per.VALUE ? in.data(Shape.of(n), b) : in.single(Shape.of(n), b);
    }

    private static KernelCase combine(Fn2 f, Per per, DType type, int n, int c, int seconds) {
        return of("%s per %s [%d, %d]".formatted(f.id(), per, n, c), type, in -> {
            Tensor y = in.out(n, c);
            in.kernels().function().combine(f, per, in.data(3, n, c), second(in, per, seconds), y);
            return List.of(y);
        });
    }

    private static KernelCase combineBackward(Fn2 f, Per per, DType type, int n, int c, int seconds) {
        return of("%s_backward per %s [%d, %d]".formatted(f.id(), per, n, c), type, in -> {
            Tensor da = in.out(n, c);
            Tensor db = in.out(n, c);
            Tensor a = in.data(3, n, c);
            Tensor b = second(in, per, seconds);
            Tensor dy = in.data(5, n, c);
            in.kernels().function().combineBackward(f, per, dy, a, b, da, null);
            in.kernels().function().combineBackward(f, per, dy, a, b, null, db);
            return List.of(da, db);
        });
    }

    private static KernelCase many(DType type, int n) {
        return of("silu [%d]".formatted(n), type, in -> {
            Tensor y = in.out(n);
            in.kernels().function().apply(Fn.SILU, 0, 0, in.data(1, n), y);
            return List.of(y);
        });
    }

    /// All but the first of the values: addresses that no 16 bytes begin at.
    private static KernelCase unaligned(DType type, int n) {
        return of("sub unaligned [%d]".formatted(n - 1), type, in -> {
            Tensor y = in.out(n);
            Tensor a = in.data(1, n);
            Tensor b = in.data(2, n);
            in.kernels().function().combine(Fn2.SUB, Per.VALUE, a.rows(1, n), b.rows(1, n), y.rows(1, n));
            return List.of(y);
        });
    }

    private static KernelCase inPlace(DType type, int n) {
        return of("mul in place [%d]".formatted(n), type, in -> {
            Tensor y = in.data(2, n);
            in.kernels().function().combine(Fn2.MUL, Per.VALUE, in.data(1, n), y, y);
            return List.of(y);
        });
    }

    private static KernelCase of(String name, DType type, Function<Inputs, List<Tensor>> run) {
        return KernelCase.of("function_" + name, type, Bounds.of(type, ROUNDINGS), run);
    }
}
