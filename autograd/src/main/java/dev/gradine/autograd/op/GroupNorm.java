package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import org.jspecify.annotations.Nullable;

/// Normalisation over the channels of a group and all positions of one image.
///
/// ```
/// y  = (x − μ) · r · w_c + b_c     r = 1 / sqrt(mean((x − μ)²) + eps)      x̂ = (x − μ) · r
/// dx = r · (w_c·dy − mean(w_c·dy) − x̂ · mean(w_c·dy·x̂))
/// dw_c = Σ x̂ · dy                  db_c = Σ dy         over all images and positions
/// ```
///
/// Means are over one group of one image. Wu & He 2018 (arXiv:1803.08494), eqs. 1 to 7. Backward:
/// `docs/derivations.md#group-norm`.
///
/// With one group and one position it is layer normalisation, with one channel in a group instance normalisation.
///
/// @param groups how many groups the channels are cut into, and eps
public record GroupNorm(Groups groups) implements Op3<GroupNorm.Saved> {

    /// μ and r, one value per image and group each: kept because recomputing them costs two passes over x.
    record Saved(Tensor x, Tensor w, Tensor mean, Tensor rstd) {}

    /// `f32[B,C,…], f32[C], f32[C] → f32[B,C,…]`
    ///
    /// @param groups G, a divisor of C
    /// @param eps added to the variance; in units of x²
    /// @throws dev.gradine.tensor.ShapeException if the groups do not divide the channels of `x`
    /// @throws dev.gradine.tensor.ShapeException if `w` or `b` is not as long as the second axis of `x`
    public static Var groupNorm(Var x, Var w, Var b, int groups, float eps) {
        return x.tape().apply(new GroupNorm(new Groups(groups, eps)), x, w, b);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w, Tensor b) {
        Shape statistics = groups.statistics(x.shape());
        Shape c = Shape.of(x.shape().dim(1));
        require("group_norm", "w", w.shape(), c, "channels of x " + x.shape());
        require("group_norm", "b", b.shape(), c, "channels of x " + x.shape());
        Tensor y = k.emptyLike(x);
        Tensor mean = k.empty(statistics);
        Tensor rstd = k.empty(statistics);
        k.groupNorm().forward(x, w, b, groups, y, mean, rstd);
        return new Forward<>(y, new Saved(x, w, mean, rstd));
    }

    @Override
    public Grads3 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        Tensor dx = k.emptyLike(s.x());
        @Nullable Tensor dw = needs.b() ? k.zeros(s.w().shape()) : null;
        @Nullable Tensor db = needs.c() ? k.zeros(s.w().shape()) : null;
        k.groupNorm().backward(dy, s.x(), s.w(), s.mean(), s.rstd(), dx, dw, db);
        return new Grads3(NeedsGrad.keep(needs.a(), dx, k), dw, db);
    }
}
