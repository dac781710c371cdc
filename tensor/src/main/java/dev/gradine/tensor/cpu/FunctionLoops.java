package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;
import static jdk.incubator.vector.VectorOperators.GT;

import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Vector loops of the functions that layers use. Each stands on its own: shared ones that take the operation as an
/// argument would box every vector. The last values, which fill no vector, have the same bits as if they did.
final class FunctionLoops {

    private static final float QUICK = 1.702f;

    private static final FloatVector ZERO = FloatVector.zero(F);
    private static final FloatVector ONE = FloatVector.broadcast(F, 1);

    private FunctionLoops() {}

    /// Overwrites values `[from, to)` of y, from those of x.
    @FunctionalInterface
    interface Loop {
        void run(long x, long y, int from, int to);
    }

    /// Overwrites values `[from, to)` of dx, from those of dy and of what is kept.
    @FunctionalInterface
    interface Loop2 {
        void run(long dy, long kept, long dx, int from, int to);
    }

    /// The loop of a function with constant `a`; null if it has none.
    static @Nullable Loop forward(Fn f, float a) {
        return switch (f) {
            case SCALE -> (x, y, from, to) -> ElementwiseCpu.scale(x, a, y, from, to);
            case NEG -> (x, y, from, to) -> ElementwiseCpu.scale(x, -1, y, from, to);
            case SQUARE -> (x, y, from, to) -> ElementwiseCpu.mul(x, x, y, from, to);
            case EXP -> FunctionLoops::exp;
            case RELU -> FunctionLoops::relu;
            case SIGMOID -> FunctionLoops::sigmoid;
            case SILU -> (x, y, from, to) -> swish(x, 1, y, from, to);
            case QUICK_GELU -> (x, y, from, to) -> swish(x, QUICK, y, from, to);
            case GELU_TANH -> GeluLoops::tanh;
            case GELU_ERF -> GeluLoops::erf;
            default -> null;
        };
    }

    /// The loop of the gradient of a function with constant `a`; null if it has none.
    static @Nullable Loop2 backward(Fn f, float a) {
        return switch (f) {
            case SCALE -> (dy, _, dx, from, to) -> ElementwiseCpu.scale(dy, a, dx, from, to);
            case NEG -> (dy, _, dx, from, to) -> ElementwiseCpu.scale(dy, -1, dx, from, to);
            case EXP -> ElementwiseCpu::mul;
            case RELU -> FunctionLoops::reluBackward;
            case SIGMOID -> FunctionLoops::sigmoidBackward;
            case SILU -> (dy, x, dx, from, to) -> swishBackward(dy, x, 1, dx, from, to);
            case QUICK_GELU -> (dy, x, dx, from, to) -> swishBackward(dy, x, QUICK, dx, from, to);
            case GELU_TANH -> GeluLoops::tanhBackward;
            case GELU_ERF -> GeluLoops::erfBackward;
            default -> null;
        };
    }

    private static void exp(long x, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(VectorMath.exp(load(x, i)), y, i);
        for (; i < to; i++) set(y, i, VectorMath.exp(get(x, i)));
    }

    private static void relu(long x, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(x, i).max(ZERO), y, i);
        for (; i < to; i++) set(y, i, Math.max(get(x, i), 0));
    }

    private static void reluBackward(long dy, long y, long dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES)
            store(ZERO.blend(load(dy, i), load(y, i).compare(GT, ZERO)), dx, i);
        for (; i < to; i++) set(dx, i, get(y, i) > 0 ? get(dy, i) : 0);
    }

    private static void sigmoid(long x, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(VectorMath.sigmoid(load(x, i)), y, i);
        for (; i < to; i++) set(y, i, VectorMath.sigmoid(get(x, i)));
    }

    private static void sigmoidBackward(long dy, long y, long dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector s = load(y, i);
            store(load(dy, i).mul(s).mul(ONE.sub(s)), dx, i);
        }
        for (; i < to; i++) set(dx, i, get(dy, i) * get(y, i) * (1 - get(y, i)));
    }

    /// `x σ(kx)`, as the quotient `x / (1 + e^−kx)`.
    private static void swish(long x, float k, long y, int from, int to) {
        FloatVector factor = FloatVector.broadcast(F, k);
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector v = load(x, i);
            store(v.div(VectorMath.onePlusExp(v.mul(factor))), y, i);
        }
        for (; i < to; i++) set(y, i, get(x, i) / (VectorMath.exp(-(get(x, i) * k)) + 1));
    }

    /// `dy (s + kx s (1 − s))` with `s = σ(kx)`.
    private static void swishBackward(long dy, long x, float k, long dx, int from, int to) {
        FloatVector factor = FloatVector.broadcast(F, k);
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector scaled = load(x, i).mul(factor);
            FloatVector s = VectorMath.sigmoid(scaled);
            store(scaled.mul(s).fma(ONE.sub(s), s).mul(load(dy, i)), dx, i);
        }
        for (; i < to; i++) {
            float scaled = get(x, i) * k;
            float s = VectorMath.sigmoid(scaled);
            set(dx, i, Math.fma(scaled * s, 1 - s, s) * get(dy, i));
        }
    }

    /// Computes a function of two variables, if there is a loop for it.
    ///
    /// @param width as `Per.width`
    /// @return whether there is one
    static boolean combine(Fn2 f, Per per, long a, long b, long y, int n, int width) {
        return switch (f) {
            case ADD -> add(per, a, b, y, n, width);
            case SUB -> sub(per, a, b, y, n);
            case MUL -> mul(per, a, b, y, n, width);
            case GEGLU -> geglu(per, a, b, y, n);
            default -> false;
        };
    }

    private static boolean add(Per per, long a, long b, long y, int n, int c) {
        switch (per) {
            case VALUE -> Chunks.values(n, (from, to) -> ElementwiseCpu.add(a, b, y, from, to));
            case COLUMN ->
                Chunks.rows(n / c, c, (from, to) -> {
                    for (int row = from; row < to; row++) {
                        ElementwiseCpu.add(a + 4L * row * c, b, y + 4L * row * c, 0, c);
                    }
                });
            case ROW -> {
                return false;
            }
        }
        return true;
    }

    private static boolean sub(Per per, long a, long b, long y, int n) {
        if (per != Per.VALUE) return false;
        Chunks.values(n, (from, to) -> ElementwiseCpu.sub(a, b, y, from, to));
        return true;
    }

    private static boolean geglu(Per per, long a, long b, long y, int n) {
        if (per != Per.VALUE) return false;
        Chunks.values(n, (from, to) -> GeluLoops.gated(a, b, y, from, to));
        return true;
    }

    private static boolean mul(Per per, long a, long b, long y, int n, int c) {
        switch (per) {
            case VALUE -> Chunks.values(n, (from, to) -> ElementwiseCpu.mul(a, b, y, from, to));
            case COLUMN ->
                Chunks.rows(n / c, c, (from, to) -> {
                    for (int row = from; row < to; row++) {
                        ElementwiseCpu.mul(a + 4L * row * c, b, y + 4L * row * c, 0, c);
                    }
                });
            case ROW ->
                Chunks.rows(n / c, c, (from, to) -> {
                    for (int row = from; row < to; row++) {
                        ElementwiseCpu.scale(a + 4L * row * c, get(b, row), y + 4L * row * c, 0, c);
                    }
                });
        }
        return true;
    }

    /// Computes a gradient of a function of two variables, if there is a loop for it.
    ///
    /// @param left whether that of a, else that of b
    /// @return whether there is one
    static boolean gradient(Fn2 f, Per per, boolean left, long dy, long a, long b, long to, int n, int width) {
        return switch (f) {
            case SUB -> !left && negative(dy, to, n);
            case MUL -> left ? mul(per, dy, b, to, n, width) : mul(Per.VALUE, dy, a, to, n, width);
            case GEGLU -> per == Per.VALUE && (left ? gegluLeft(dy, a, b, to, n) : geglu(per, a, dy, to, n));
            default -> false;
        };
    }

    private static boolean negative(long dy, long db, int n) {
        Chunks.values(n, (from, to) -> ElementwiseCpu.scale(dy, -1, db, from, to));
        return true;
    }

    private static boolean gegluLeft(long dy, long a, long b, long da, int n) {
        Chunks.values(n, (from, to) -> GeluLoops.gatedLeft(dy, a, b, da, from, to));
        return true;
    }
}
