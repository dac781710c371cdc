package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Root-mean-square normalisation over the last axis.
///
/// ```
/// y  = x · r · w          r = 1 / sqrt(mean(x²) + eps)
/// dx = r · w·dy − x · r³ · mean(x·w·dy)
/// dw = Σ_rows x · r · dy
/// ```
///
/// Forward: Zhang & Sennrich 2019 (arXiv:1910.07467), eq. 4, plus eps. Backward: derived in
/// `docs/derivations.md#rms-norm`.
///
/// @param eps added to the mean square; in units of x²
public record RmsNorm(float eps) implements Op2<RmsNorm.Saved> {

    /// `rstd` is r, one value per row: kept because recomputing it costs a second pass over x.
    record Saved(Tensor x, Tensor w, Tensor rstd) {}

    /// `f32[..., C], f32[C] → f32[..., C]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `w` is not as long as the last axis of `x`
    public static Var rmsNorm(Var x, Var w, float eps) {
        return x.tape().apply(new RmsNorm(eps), x, w);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w) {
        require("rms_norm", "w", w.shape(), Shape.of(x.shape().last()), "last axis of x " + x.shape());
        Tensor y = k.emptyLike(x);
        Tensor rstd = k.empty(x.shape().dropLast());
        k.rmsNorm().forward(x, w, eps, y, rstd);
        return new Forward<>(y, new Saved(x, w, rstd));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        Tensor dx = k.emptyLike(s.x());
        @Nullable Tensor dw = needs.b() ? k.zeros(s.w().shape()) : null;
        k.rmsNorm().backward(dy, s.x(), s.w(), s.rstd(), dx, dw);
        return new Grads2(NeedsGrad.keep(needs.a(), dx, k), dw);
    }
}
