package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Matrix products side by side, such as those of the blocks of a block-diagonal matrix.
///
/// ```
/// y_b = x_b W_bᵀ      dx_b = dy_b W_b      dW_b = dy_bᵀ x_b      for every b
/// ```
public record BatchMatMul() implements Op2<BatchMatMul.Saved> {

    /// Both inputs; x is re-read only if W has a gradient.
    record Saved(Tensor x, Tensor w) {}

    /// `f32[B,N,I], f32[B,O,I] → f32[B,N,O]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the number of matrices or the inner sizes differ
    public static Var batchMatMul(Var x, Var w) {
        return x.tape().apply(new BatchMatMul(), x, w);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w) {
        requireRank("batch_mat_mul", "x", x.shape(), 3);
        requireRank("batch_mat_mul", "w", w.shape(), 3);
        Shape expected = Shape.of(w.shape().dim(0), x.shape().dim(1), w.shape().dim(2));
        require("batch_mat_mul", "x", x.shape(), expected, "first and last axis of w " + w.shape());
        Tensor y = k.empty(
                x.dtype(),
                Shape.of(w.shape().dim(0), x.shape().dim(1), w.shape().dim(1)));
        for (int b = 0; b < w.shape().dim(0); b++) k.matMul().nt(at(x, b), at(w, b), 1, false, at(y, b));
        return new Forward<>(y, new Saved(x, w));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor dx = needs.a() ? k.emptyLike(s.x()) : null;
        @Nullable Tensor dw = needs.b() ? k.empty(s.w().shape()) : null;
        for (int b = 0; b < s.w().shape().dim(0); b++) {
            if (dx != null) k.matMul().nn(at(dy, b), at(s.w(), b), 1, false, at(dx, b));
            if (dw != null) k.matMul().tn(at(dy, b), at(s.x(), b), 1, false, at(dw, b));
        }
        return new Grads2(dx, dw);
    }

    /// One matrix, where it lies.
    private static Tensor at(Tensor t, int b) {
        Shape s = t.shape();
        return t.rows(b, b + 1).reshape(Shape.of(s.dim(1), s.dim(2)));
    }
}
