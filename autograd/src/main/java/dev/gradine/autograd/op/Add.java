package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Sum of two tensors of one shape.
///
/// ```
/// y = a + b      da = dy      db = dy
/// ```
public record Add() implements Op2<Add.Saved> {

    /// Nothing: the gradient passes through.
    record Saved() {}

    /// `f32[…], f32[…] → f32[…]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the shapes differ
    public static Var add(Var a, Var b) {
        return a.tape().apply(new Add(), a, b);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor a, Tensor b) {
        require("add", "b", b.shape(), a.shape(), "shape of a");
        Tensor y = k.emptyLike(a);
        k.elementwise().add(a, b, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, Needs needs) {
        return new Grads2(needs.a() ? dy : null, needs.b() ? dy : null);
    }
}
