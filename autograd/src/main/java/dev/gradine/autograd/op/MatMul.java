package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A linear layer without bias.
///
/// ```
/// y = x Wᵀ      dx = dy W      dW = dyᵀ x
/// ```
public record MatMul() implements Op2<MatMul.Saved> {

    /// Both inputs; x is re-read only if W is trained.
    record Saved(Tensor x, Tensor w) {}

    /// `f32[N,I], [O,I] → f32[N,O]`; a frozen weight may have any real type.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the inner sizes differ
    public static Var matMul(Var x, Var w) {
        return x.tape().apply(new MatMul(), x, w);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w) {
        requireRank("mat_mul", "w", w.shape(), 2);
        int n = x.shape().rows();
        require("mat_mul", "x", x.shape(), Shape.of(n, w.shape().dim(1)), "last axis of w " + w.shape());
        Tensor y = k.empty(x.dtype(), Shape.of(n, w.shape().dim(0)));
        k.matMul().nt(x, w, 1, false, y);
        return new Forward<>(y, new Saved(x, w));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor dx = null;
        @Nullable Tensor dw = null;
        if (needs.a()) {
            dx = k.emptyLike(s.x());
            k.matMul().nn(dy, s.w(), 1, false, dx);
        }
        if (needs.b()) {
            dw = k.empty(s.w().shape());
            k.matMul().tn(dy, s.x(), 1, false, dw);
        }
        return new Grads2(dx, dw);
    }
}
