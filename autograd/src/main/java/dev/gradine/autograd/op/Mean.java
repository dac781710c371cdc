package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Mean over all values.
///
/// ```
/// y = 1/n · Σ x      dx = dy / n
/// ```
public record Mean() implements Op1<Mean.Saved> {

    /// Shape of the input, to spread the gradient over.
    record Saved(Shape shape) {}

    /// `f32[…] → f32[1]`
    ///
    /// @throws ShapeException if `x` holds no value
    public static Var mean(Var x) {
        return x.tape().apply(new Mean(), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        if (x.size() == 0) throw new ShapeException("mean: x is " + x.shape() + ", expected at least one value");
        Tensor y = k.empty(Shape.of(1));
        k.reduce().segmentSum(x, k.ofInts(0, x.size()), y);
        k.elementwise().scale(y, 1f / x.size(), y);
        return new Forward<>(y, new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(s.shape());
        k.reduce().segmentSumBackward(dy, k.ofInts(0, dx.size()), dx);
        k.elementwise().scale(dx, 1f / dx.size(), dx);
        return dx;
    }
}
