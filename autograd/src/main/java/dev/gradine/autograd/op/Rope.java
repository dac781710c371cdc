package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Rotary position embedding: each pair (i, i + D/2) of a head turns by an angle that grows with the position.
///
/// ```
/// y[i]       = x[i] cos θ − x[i + D/2] sin θ
/// y[i + D/2] = x[i + D/2] cos θ + x[i] sin θ        θ = position · ω_i
/// dx = dy turned by −θ
/// ```
///
/// Su et al. 2021 (arXiv:2104.09864), eq. 34, with halves paired as in Hugging Face checkpoints.
///
/// @param positions `i32[N]`, position of each row's token
/// @param cos `f32[P,D/2]`, cos θ by position and pair
/// @param sin `f32[P,D/2]`
public record Rope(Tensor positions, Tensor cos, Tensor sin) implements Op1<Rope.Saved> {

    /// Nothing: a rotation is undone by its inverse.
    record Saved() {}

    /// `f32[N,H·D] → f32[N,H·D]`
    ///
    /// @throws ShapeException if a row is not a whole number of heads, or there is not one position a row
    public static Var rope(Var x, Tensor positions, Tensor cos, Tensor sin) {
        return x.tape().apply(new Rope(positions, cos, sin), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        require("rope", "positions", positions.shape(), Shape.of(x.shape().rows()), "rows of x " + x.shape());
        require("rope", "sin", sin.shape(), cos.shape(), "shape of cos");
        int d = 2 * cos.shape().last();
        if (x.shape().last() % d != 0) {
            throw new ShapeException("rope: x is %s, expected rows of a multiple of %d (twice the last axis of cos)"
                    .formatted(x.shape(), d));
        }
        Tensor y = k.emptyLike(x);
        k.rope().forward(x, positions, cos, sin, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.rope().backward(dy, positions, cos, sin, dx);
        return dx;
    }
}
