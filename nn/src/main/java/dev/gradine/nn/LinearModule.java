package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// A linear map as a model uses it: the dense one of a checkpoint, or what an adapter puts in its place.
public interface LinearModule {

    /// `f32[N,I] → f32[N,O]`
    Var forward(Var x);
}
