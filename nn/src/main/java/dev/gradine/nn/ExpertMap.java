package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// What computes in the place of a linear layer of experts.
@FunctionalInterface
public interface ExpertMap {

    /// `f32[M,I] → f32[M,O]`
    ///
    /// @param x rows, sorted by the expert that computes them
    Var apply(ExpertLinear base, Var x, ExpertRows rows, Pass pass);
}
