package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Logarithm of the logistic function, in the form that neither overflows nor loses small values.
///
/// ```
/// y = log σ(x) = min(x, 0) − log1p(exp(−|x|))      dx = dy · σ(−x)
/// ```
public record LogSigmoid() implements Op1<LogSigmoid.Saved> {

    /// The input: the slope is a function of it.
    record Saved(Tensor x) {}

    /// `f32[…] → f32[…]`, all ≤ 0
    public static Var logSigmoid(Var x) {
        return x.tape().apply(new LogSigmoid(), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.activation().logSigmoid(x, y);
        return new Forward<>(y, new Saved(x));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.activation().logSigmoidBackward(dy, s.x(), dx);
        return dx;
    }
}
