package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Product with a constant.
///
/// ```
/// y = s · x      dx = s · dy
/// ```
///
/// @param s the factor
public record Scale(float s) implements Op1<Scale.Saved> {

    /// Nothing: the factor is the op's own.
    record Saved() {}

    /// `f32[…] → f32[…]`
    public static Var scale(Var x, float s) {
        return x.tape().apply(new Scale(s), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.elementwise().scale(x, s, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Tensor backward(Kernels k, Saved saved, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.elementwise().scale(dy, s, dx);
        return dx;
    }
}
