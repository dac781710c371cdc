package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A linear layer with a low-rank update, in one op, so that the update's output is never stored on its own.
///
/// ```
/// y  = x Wᵀ + s · u Bᵀ         u = x Aᵀ
/// du = s · dy B                 dx = dy W + du A
/// dA = duᵀ x                    dB = s · dyᵀ u          dW = dyᵀ x
/// ```
///
/// Hu et al. 2021 (arXiv:2106.09685), eq. 3. All products of the update go through the rank R, never through O × I.
///
/// @param s scale, alpha / rank
public record LowRankLinear(float s) implements Op4<LowRankLinear.Saved> {

    /// `u f32[N,R]` is kept because recomputing it reads all of x again.
    record Saved(Tensor x, Tensor w, Tensor a, Tensor b, Tensor u) {}

    /// `x f32[N,I], W [O,I], A f32[R,I], B f32[O,R] → f32[N,O]`; a frozen W may have any real type.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the sizes do not meet
    public static Var lowRankLinear(Var x, Var w, Var a, Var b, float s) {
        return x.tape().apply(new LowRankLinear(s), x, w, a, b);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w, Tensor a, Tensor b) {
        requireRank("low_rank_linear", "w", w.shape(), 2);
        requireRank("low_rank_linear", "a", a.shape(), 2);
        int n = x.shape().rows();
        int r = a.shape().dim(0);
        int in = w.shape().dim(1);
        int out = w.shape().dim(0);
        require("low_rank_linear", "x", x.shape(), Shape.of(n, in), "last axis of w " + w.shape());
        require("low_rank_linear", "a", a.shape(), Shape.of(r, in), "last axis of w " + w.shape());
        require("low_rank_linear", "b", b.shape(), Shape.of(out, r), "w " + w.shape() + " and a " + a.shape());
        Tensor y = k.empty(x.dtype(), Shape.of(n, out));
        Tensor u = k.empty(x.dtype(), Shape.of(n, r));
        k.lowRank().forward(x, w, a, b, s, u, y);
        return new Forward<>(y, new Saved(x, w, a, b, u));
    }

    @Override
    public Grads4 backward(Kernels k, Saved f, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor dx = null;
        @Nullable Tensor dw = null;
        @Nullable Tensor da = null;
        @Nullable Tensor db = null;
        if (needs.a() || needs.c()) {
            Tensor du = k.emptyLike(f.u());
            if (needs.a()) {
                dx = k.emptyLike(f.x());
                k.lowRank().inputGradient(dy, f.w(), f.a(), f.b(), s, du, dx);
            } else {
                k.matMul().nn(dy, f.b(), s, false, du);
            }
            if (needs.c()) {
                da = k.empty(f.a().shape());
                k.matMul().tn(du, f.x(), 1, false, da);
            }
            k.release(du);
        }
        if (needs.b()) {
            dw = k.empty(f.w().shape());
            k.matMul().tn(dy, f.x(), 1, false, dw);
        }
        if (needs.d()) {
            db = k.empty(f.b().shape());
            k.matMul().tn(dy, f.u(), s, false, db);
        }
        return new Grads4(dx, dw, da, db);
    }
}
