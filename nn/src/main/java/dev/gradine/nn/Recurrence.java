package dev.gradine.nn;

import static dev.gradine.autograd.op.GatedRecurrence.gatedRecurrence;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.GatedRecurrence;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Kept;
import dev.gradine.tensor.kernel.Sequences;
import org.jspecify.annotations.Nullable;

/// A recurrence over the tokens of a pass, with the states of its cache; see autograd's
/// GatedRecurrence.
///
/// @param heads sizes, and what is written into the state
/// @param layer number of the layer, for the cache
public record Recurrence(Heads heads, int layer) {

    /// What a state fades by.
    ///
    /// ```
    /// g = −exp(log) · softplus(a + shift)
    /// ```
    ///
    /// @param log `f32[H]`
    /// @param shift `f32[H]`
    public record Decay(Weight log, Weight shift) {}

    /// What it reads, as the op names it.
    record Read(Var q, Var k, Var v, Var decay, Var rate) {}

    /// `f32[N,H·D]`
    Var of(Read in, Pass pass) {
        Sequences layout = pass.rows().layout();
        KvCache cache = pass.cache();
        @Nullable Kept kept = cache == null ? null : new Kept(cache.states(layer), pass.states());
        return gatedRecurrence(new GatedRecurrence(heads, layout, kept), in.q, in.k, in.v, in.decay, in.rate);
    }
}
