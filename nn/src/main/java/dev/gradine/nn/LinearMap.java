package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// What computes in the place of a linear layer: the layer itself, or an adapter over it.
@FunctionalInterface
public interface LinearMap {

    /// `f32[N,I] → f32[N,O]`
    ///
    /// @param base the checkpoint's own layer
    Var apply(Linear base, Var x, Pass pass);
}
