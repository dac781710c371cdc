package dev.gradine.align;

import dev.gradine.autograd.Var;

/// A loss over pairs of answers to one prompt. `permits` lists them all.
public sealed interface PreferenceLoss permits DpoLoss, CustomPreferenceLoss {

    /// Summed log-probabilities of the answers, in nats.
    ///
    /// @param chosen of the answers preferred, `f32[B]`
    /// @param rejected of the others, `f32[B]`
    record Pair(Var chosen, Var rejected) {}

    /// Loss of each pair, `f32[B]`, in nats. Their mean is what training minimises.
    Var apply(Pair policy, Pair reference);

    /// Factor of the implicit reward `beta · (logp − ref)`, 1/nats, for logging.
    float beta();
}
