package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Strides;

/// Columns `from` (inclusive) to `to` (exclusive) of the last axis: a part of a product that makes several things.
///
/// ```
/// y_ij = x_{i, from + j}      dx = dy within the range, 0 outside
/// ```
///
/// @param from first column
/// @param to column after the last
public record SliceColumns(int from, int to) implements Op1<SliceColumns.Saved> {

    /// Shape of the input, to place the gradient in.
    record Saved(Shape shape) {}

    /// `f32[…,C] → f32[…,to − from]`; a copy.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the range does not lie within the axis
    public static Var sliceColumns(Var x, int from, int to) {
        return x.tape().apply(new SliceColumns(from, to), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Shape shape = x.shape();
        if (from < 0 || from > to || shape.rank() == 0 || to > shape.last()) {
            throw new ShapeException(
                    "columns: [%d, %d) of %s, expected a range within its last axis".formatted(from, to, shape));
        }
        Tensor y = k.empty(x.dtype(), shape.withLast(to - from));
        k.layout().copy(y.shape(), x, within(shape), y, Strides.of(y.shape()));
        return new Forward<>(y, new Saved(shape));
    }

    private Strides within(Shape whole) {
        return Strides.of(whole).from(whole.rank() - 1, from);
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(dy.dtype(), s.shape());
        k.elementwise().fill(dx, 0);
        k.layout().copy(dy.shape(), dy, Strides.of(dy.shape()), dx, within(s.shape()));
        return dx;
    }
}
