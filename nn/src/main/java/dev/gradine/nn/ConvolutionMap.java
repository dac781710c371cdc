package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// What computes in the place of a convolution: the layer itself, or an adapter over it.
@FunctionalInterface
public interface ConvolutionMap {

    /// `f32[B,C,H,W] → f32[B,O,P,Q]`
    ///
    /// @param base the checkpoint's own layer
    Var apply(Convolution base, Var x, Pass pass);
}
