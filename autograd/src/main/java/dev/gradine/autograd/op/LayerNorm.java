package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Layer normalisation over the last axis.
///
/// ```
/// y  = (x − μ) · r · w + b         r = 1 / sqrt(mean((x − μ)²) + eps)      x̂ = (x − μ) · r
/// dx = r · (w·dy − mean(w·dy) − x̂ · mean(w·dy·x̂))
/// dw = Σ_rows x̂ · dy              db = Σ_rows dy
/// ```
///
/// Ba, Kiros & Hinton 2016 (arXiv:1607.06450), eq. 4. Backward: `docs/derivations.md#layer-norm`.
///
/// @param eps added to the variance; in units of x²
public record LayerNorm(float eps) implements Op3<LayerNorm.Saved> {

    /// μ and r, one value per row each: kept because recomputing them costs two passes over x.
    record Saved(Tensor x, Tensor w, Tensor mean, Tensor rstd) {}

    /// `f32[..., C], f32[C], f32[C] → f32[..., C]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `w` or `b` is not as long as the last axis of `x`
    public static Var layerNorm(Var x, Var w, Var b, float eps) {
        return x.tape().apply(new LayerNorm(eps), x, w, b);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w, Tensor b) {
        Shape c = Shape.of(x.shape().last());
        require("layer_norm", "w", w.shape(), c, "last axis of x " + x.shape());
        require("layer_norm", "b", b.shape(), c, "last axis of x " + x.shape());
        Tensor y = k.emptyLike(x);
        Tensor mean = k.empty(x.shape().dropLast());
        Tensor rstd = k.empty(x.shape().dropLast());
        k.layerNorm().forward(x, w, b, eps, y, mean, rstd);
        return new Forward<>(y, new Saved(x, w, mean, rstd));
    }

    @Override
    public Grads3 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        Tensor dx = k.emptyLike(s.x());
        @Nullable Tensor dw = needs.b() ? k.zeros(s.w().shape()) : null;
        @Nullable Tensor db = needs.c() ? k.zeros(s.w().shape()) : null;
        k.layerNorm().backward(dy, s.x(), s.w(), s.mean(), s.rstd(), dx, dw, db);
        return new Grads3(NeedsGrad.keep(needs.a(), dx, k), dw, db);
    }
}
