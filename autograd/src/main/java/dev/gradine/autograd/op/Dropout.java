package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Inverted dropout.
///
/// ```
/// y = x · keep / (1 − p)      dx = dy · keep / (1 − p)      keep_i ∈ {0, 1}, P(keep_i = 0) = p
/// ```
///
/// Srivastava et al. 2014 (JMLR 15), section 10, scaled at training time. The mask is a function of `seed` and i: see
/// `DropoutKernel`.
///
/// @param p probability of dropping a value, in [0, 1)
/// @param seed of this call; two calls that must not share a mask need two seeds
public record Dropout(float p, long seed) implements Op1<Dropout.Saved> {

    /// Nothing: the mask is drawn again.
    record Saved() {}

    /// @throws IllegalArgumentException if p is outside [0, 1)
    public Dropout {
        if (!(p >= 0 && p < 1)) throw new IllegalArgumentException("dropout: p is " + p + ", expected in [0, 1)");
    }

    /// `f32[…] → f32[…]`
    public static Var dropout(Var x, float p, long seed) {
        return x.tape().apply(new Dropout(p, seed), x);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.dropout().apply(x, p, seed, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.dropout().apply(dy, p, seed, dx);
        return dx;
    }
}
