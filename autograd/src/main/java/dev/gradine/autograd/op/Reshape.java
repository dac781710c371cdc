package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// The same values in the same order under another shape.
///
/// ```
/// y_i = x_i      dx_i = dy_i      i counts values, the last axis fastest
/// ```
///
/// @param shape of the result
public record Reshape(Shape shape) implements Op1<Reshape.Saved> {

    /// Shape of the input, which the gradient has.
    record Saved(Shape shape) {}

    /// `f32[…] → f32[shape]`; a view, no copy.
    ///
    /// @throws dev.gradine.tensor.ShapeException if `shape` holds another number of values
    public static Var reshape(Var x, int... shape) {
        return x.tape().apply(new Reshape(Shape.of(shape)), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        if (x.size() != shape.size()) {
            throw new ShapeException("reshape: x is %s, %d values, expected %d for %s"
                    .formatted(x.shape(), x.size(), shape.size(), shape));
        }
        return new Forward<>(x.reshape(shape), new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        return dy.reshape(s.shape());
    }
}
