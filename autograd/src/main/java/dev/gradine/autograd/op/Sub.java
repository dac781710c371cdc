package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Difference of two tensors of one shape.
///
/// ```
/// y = a − b      da = dy      db = −dy
/// ```
public record Sub() implements Op2<Sub.Saved> {

    /// Nothing: the gradient needs no value of the forward pass.
    record Saved() {}

    /// `f32[…], f32[…] → f32[…]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the shapes differ
    public static Var sub(Var a, Var b) {
        return a.tape().apply(new Sub(), a, b);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor a, Tensor b) {
        require("sub", "b", b.shape(), a.shape(), "shape of a");
        Tensor y = k.emptyLike(a);
        k.elementwise().sub(a, b, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, Needs needs) {
        @Nullable Tensor db = null;
        if (needs.b()) {
            db = k.emptyLike(dy);
            k.elementwise().scale(dy, -1, db);
        }
        return new Grads2(needs.a() ? dy : null, db);
    }
}
