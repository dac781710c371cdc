package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;

/// Rotary position embedding: each pair (a, b) of channels of a head turns by an angle that grows with the position.
///
/// ```
/// y[a] = x[a] cos θ − x[b] sin θ
/// y[b] = x[b] cos θ + x[a] sin θ        θ = position · ω_i for pair i; channels in no pair stay
/// dx = dy turned by −θ
/// ```
///
/// Su et al. 2021 (arXiv:2104.09864), eq. 34. `RopeAngles` says which channels are paired.
///
/// @param positions `i32[N]`, position of each row's token
/// @param angles cos θ and sin θ by position and pair
public record Rope(Tensor positions, RopeAngles angles) implements Op1<Rope.Saved> {

    /// Nothing: a rotation is undone by its inverse.
    record Saved() {}

    /// `f32[N,H·D] → f32[N,H·D]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if a row is no whole number of heads, or has not one position
    public static Var rope(Var x, Tensor positions, RopeAngles angles) {
        return x.tape().apply(new Rope(positions, angles), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        require("rope", "positions", positions.shape(), Shape.of(x.shape().rows()), "rows of x " + x.shape());
        angles.requireHeads(x.shape());
        Tensor y = k.emptyLike(x);
        k.rope().forward(x, positions, angles, y);
        return new Forward<>(y, new Saved());
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.rope().backward(dy, positions, angles, dx);
        return dx;
    }
}
