package dev.gradine.nn;

import static dev.gradine.autograd.op.Rope.rope;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Tensor;

/// Rotary position embedding of a model: its tables of angles.
///
/// @param cos `f32[P,D/2]`
/// @param sin `f32[P,D/2]`
public record Rotary(Tensor cos, Tensor sin) {

    /// Turns each pair of channels by the angle of the row's position, `f32[N,H·D] → f32[N,H·D]`.
    public Var rotate(Var x, Pass pass) {
        return rope(x, pass.positions(), cos, sin);
    }
}
