package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// Rows `from` (inclusive) to `to` (exclusive) of the outermost axis.
///
/// ```
/// y_i = x_{from + i}      dx = dy within the range, 0 outside
/// ```
///
/// @param from first row
/// @param to row after the last
public record SliceRows(int from, int to) implements Op1<SliceRows.Saved> {

    /// Shape of the input, to place the gradient in.
    record Saved(Shape shape) {}

    /// `f32[N,…] → f32[to − from,…]`; a view, no copy.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the range does not lie within the axis
    public static Var sliceRows(Var x, int from, int to) {
        return x.tape().apply(new SliceRows(from, to), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        return new Forward<>(x.rows(from, to), new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(dy.dtype(), s.shape());
        k.elementwise().fill(dx, 0);
        k.copy(dy, dx.rows(from, to));
        return dx;
    }
}
