package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Softmax over the last axis, of scores times a constant.
///
/// ```
/// y_i = exp(s x_i − m) / Σ_j exp(s x_j − m)      m = max_j s x_j      dx_i = s · y_i (dy_i − Σ_j y_j dy_j)
/// ```
///
/// The largest value is taken off first, so that nothing overflows.
///
/// @param s the constant, 1 over a temperature
public record Softmax(float s) implements Op1<Softmax.Saved> {

    /// The result, of which the slope is a function.
    record Saved(Tensor y) {}

    /// `f32[…,C] → f32[…,C]`, each row positive with sum 1
    public static Var softmax(Var x) {
        return softmax(x, 1);
    }

    /// The same of `s · x`.
    public static Var softmax(Var x, float s) {
        return x.tape().apply(new Softmax(s), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.softmax().forward(x, s, y);
        return new Forward<>(y, new Saved(y));
    }

    @Override
    public Tensor backward(Kernels k, Saved saved, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.softmax().backward(dy, saved.y(), s, dx);
        return dx;
    }
}
