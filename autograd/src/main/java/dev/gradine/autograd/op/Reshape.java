package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// The same values in the same order under other extents; a view, no copy.
///
/// ```
/// y = x      dx = dy, with the extents of x
/// ```
public record Reshape(Shape shape) implements Op1<Reshape.Saved> {

    /// Shape of the input, for the gradient.
    record Saved(Shape shape) {}

    /// `f32[…] → f32[shape]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the numbers of values differ
    public static Var reshape(Var x, Shape shape) {
        return x.tape().apply(new Reshape(shape), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        return new Forward<>(x.reshape(shape), new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(dy.dtype(), s.shape());
        k.copy(dy.reshape(s.shape()), dx); // not a view: a gradient owns its memory
        return dx;
    }
}
