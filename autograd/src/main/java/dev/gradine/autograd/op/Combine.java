package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A function of two variables, value by value. The functions are the rows of `Fn2`; `Functions` has short names for
/// them.
///
/// ```
/// y = f(a, b)      da = dy · ∂f/∂a      db = dy · ∂f/∂b, summed over all places that share a value of b
/// ```
///
/// `b` has one of three shapes: that of `a`; the last axes of `a`, such as `[C]` for one value per column; or that of
/// `a` with 1 in place of its last axes, such as `[N,1]` for one value per row, or `[1]` for one value in all.
///
/// @param f the function
public record Combine(Fn2 f) implements Op2<Combine.Saved> {

    /// Both inputs where a slope depends on them, and the shapes and types that the gradients have.
    record Saved(@Nullable Tensor a, @Nullable Tensor b, Per per, Shape bShape, DType bType) {}

    /// `f32[…], f32[…] → f32[…]`, see above for the shapes of `b`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `b` has another shape
    public static Var combine(Fn2 f, Var a, Var b) {
        return a.tape().apply(new Combine(f), a, b);
    }

    @Override
    public String title() {
        return f.id();
    }

    /// Where the slope depends on what went in, that is held anyway.
    @Override
    public boolean isCheap() {
        return f.keepsInputs();
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor a, Tensor b) {
        Per per = per(f.id(), a.shape(), b.shape());
        Tensor y = k.emptyLike(a);
        if (per == Per.VALUE) {
            k.function().combine(f, per, a, b, y);
        } else {
            Tensor wide = widened(k, b);
            k.function().combine(f, per, a, wide, y);
            if (wide != b) k.release(wide);
        }
        boolean keep = f.keepsInputs();
        return new Forward<>(y, new Saved(keep ? a : null, keep ? b : null, per, b.shape(), b.dtype()));
    }

    /// One value per column or row is f32 in every kernel: few values, and often a parameter.
    private static Tensor widened(Kernels k, Tensor b) {
        if (b.dtype() == DType.F32) return b;
        Tensor wide = k.empty(b.shape());
        k.copy(b, wide);
        return wide;
    }

    /// What one value of b stands beside, by its shape.
    static Per per(String op, Shape a, Shape b) {
        if (a.equals(b)) return Per.VALUE;
        int[] left = a.toArray();
        int[] right = b.toArray();
        boolean fits = right.length <= left.length;
        int from = left.length - right.length;
        if (fits && Arrays.equals(left, from, left.length, right, 0, right.length) && right.length > 0) {
            return Per.COLUMN;
        }
        if (b.size() == 1) return Per.ROW;
        int same = Arrays.mismatch(left, right);
        boolean ones = right.length == left.length
                && Arrays.stream(right, same, right.length).allMatch(d -> d == 1);
        if (ones) return Per.ROW;
        throw new ShapeException(
                "%s: b is %s, expected the shape of a %s, its last axes, or 1 for its last axes".formatted(op, b, a));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor da = needs.a() ? f.leftIsDy() ? dy : k.emptyLike(dy) : null;
        @Nullable Tensor db = needs.b() ? f.rightIsDy() ? dy : k.emptyLike(dy) : null;
        slopes(k, s, dy, da == dy ? null : da, db == dy ? null : db);
        return new Grads2(da, db == null || s.per() == Per.VALUE ? db : summed(k, s, dy, db));
    }

    private void slopes(Kernels k, Saved s, Tensor dy, @Nullable Tensor da, @Nullable Tensor db) {
        if (da == null && db == null) return;
        Tensor a = s.a();
        Tensor b = s.b();
        if (a == null || b == null) { // neither slope reads them
            k.function().combineBackward(f, Per.VALUE, dy, dy, dy, da, db);
            return;
        }
        Tensor wide = s.per() == Per.VALUE ? b : widened(k, b);
        k.function().combineBackward(f, s.per(), dy, a, wide, da, db);
        if (wide != b) k.release(wide);
    }

    /// The gradient of b from those of all places; a sum of bf16 is f32 until it is done.
    private static Tensor summed(Kernels k, Saved s, Tensor dy, Tensor places) {
        int width = s.per().width(dy.size(), s.bShape().size());
        Tensor rows = places.reshape(Shape.of(dy.size() / width, width));
        Tensor db = k.zeros(s.bShape());
        if (s.per() == Per.COLUMN) k.reduce().addColumnSums(rows, db);
        else k.reduce().rowSums(rows, db);
        if (places != dy) k.release(places);
        if (s.bType() == DType.F32) return db;
        Tensor narrow = k.empty(s.bType(), s.bShape());
        k.copy(db, narrow);
        k.release(db);
        return narrow;
    }
}
