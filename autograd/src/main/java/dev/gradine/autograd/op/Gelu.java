package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Gaussian error linear unit.
///
/// ```
/// y = x · Φ(x)      or, with tanh,   y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
/// ```
///
/// Hendrycks & Gimpel 2016 (arXiv:1606.08415), section 2.
///
/// @param tanh whether to use the approximation, as GPT-2 does
public record Gelu(boolean tanh) implements Op1<Gelu.Saved> {

    /// The input: the slope is a function of it.
    record Saved(Tensor x) {}

    /// `f32[…] → f32[…]`
    public static Var gelu(Var x, boolean tanh) {
        return x.tape().apply(new Gelu(tanh), x);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.activation().gelu(x, tanh, y);
        return new Forward<>(y, new Saved(x));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.activation().geluBackward(dy, s.x(), tanh, dx);
        return dx;
    }
}
