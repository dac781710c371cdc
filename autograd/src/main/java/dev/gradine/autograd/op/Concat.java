package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Strides;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Two tensors one behind the other along an axis.
///
/// ```
/// y = [a, b]      da = the part of dy that a is, db = the part that b is
/// ```
///
/// @param axis along which; 0 appends rows
public record Concat(int axis) implements Op2<Concat.Saved> {

    /// Shapes of the inputs, to cut the gradient by.
    record Saved(Shape a, Shape b) {}

    /// `f32[…,N,…], f32[…,M,…] → f32[…,N + M,…]` along `axis`, of more than two tensors in their order.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the shapes differ along another axis
    public static Var concat(int axis, Var first, Var... more) {
        List<Var> parts = new ArrayList<>(List.of(more));
        parts.addFirst(first);
        while (parts.size() > 1) { // by pairs, so that of n parts each is copied log n times
            List<Var> pairs = new ArrayList<>();
            for (int i = 0; i + 1 < parts.size(); i += 2) {
                pairs.add(first.tape().apply(new Concat(axis), parts.get(i), parts.get(i + 1)));
            }
            if (parts.size() % 2 == 1) pairs.add(parts.getLast());
            parts = pairs;
        }
        return parts.getFirst();
    }

    /// `f32[N,…], f32[M,…] → f32[N + M,…]`: the rows of one tensor behind those of the other.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the rows differ in shape
    public static Var concatRows(Var first, Var... more) {
        return concat(0, first, more);
    }

    /// `f32[…,C], f32[…,D] → f32[…,C + D]`: the columns of one tensor behind those of the other.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the tensors differ in more than their last axis
    public static Var concatColumns(Var first, Var... more) {
        return concat(first.shape().rank() - 1, first, more);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor a, Tensor b) {
        Shape shape = joined(a.shape(), b.shape());
        DTypeException.require("concat", "b", b, a.dtype());
        Tensor y = k.empty(a.dtype(), shape);
        Strides all = Strides.of(shape);
        k.layout().copy(a.shape(), a, Strides.of(a.shape()), y, all);
        k.layout()
                .copy(
                        b.shape(),
                        b,
                        Strides.of(b.shape()),
                        y,
                        all.from(axis, a.shape().dim(axis)));
        return new Forward<>(y, new Saved(a.shape(), b.shape()));
    }

    private Shape joined(Shape a, Shape b) {
        if (axis < 0 || axis >= a.rank()) {
            throw new ShapeException("concat: axis is %d, expected one of a %s".formatted(axis, a));
        }
        int[] dims = a.toArray();
        if (b.rank() == a.rank()) dims[axis] = b.dim(axis);
        if (!Shape.of(dims).equals(b)) {
            throw new ShapeException(
                    "concat: b is %s, expected the extents of a %s but along axis %d".formatted(b, a, axis));
        }
        dims[axis] = Math.addExact(a.dim(axis), b.dim(axis));
        return Shape.of(dims);
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        Strides all = Strides.of(dy.shape());
        @Nullable Tensor da = needs.a() ? part(k, dy, all, s.a()) : null;
        @Nullable Tensor db = needs.b() ? part(k, dy, all.from(axis, s.a().dim(axis)), s.b()) : null;
        return new Grads2(da, db);
    }

    private static Tensor part(Kernels k, Tensor dy, Strides from, Shape shape) {
        Tensor d = k.empty(dy.dtype(), shape);
        k.layout().copy(shape, dy, from, d, Strides.of(shape));
        return d;
    }
}
