package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A bias on every row.
///
/// ```
/// y = x + b      dx = dy      db = Σ_rows dy
/// ```
public record AddBias() implements Op2<AddBias.Saved> {

    /// The bias, for its shape alone.
    record Saved(Tensor b) {}

    /// `f32[…,C], f32[C] → f32[…,C]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `b` is not as long as the last axis of `x`
    public static Var addBias(Var x, Var b) {
        return x.tape().apply(new AddBias(), x, b);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor b) {
        require("add_bias", "b", b.shape(), Shape.of(x.shape().last()), "last axis of x " + x.shape());
        Tensor y = k.emptyLike(x);
        k.elementwise().addBias(x, b, y);
        return new Forward<>(y, new Saved(b));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor db = null;
        if (needs.b()) {
            db = k.zeros(s.b().shape());
            k.reduce().addColumnSums(dy, db);
        }
        return new Grads2(needs.a() ? dy : null, db);
    }
}
