package dev.gradine.nn;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// A language model that predicts the next token from those before it.
public interface CausalLm extends TextModel {

    /// The layers that compute the same for all of `users`: those below the first that one of them touches.
    ///
    /// @param kernels lifetime of the result; everything on the way is given back
    Trunk trunk(Kernels kernels, TokenBatch batch, List<Adapters> users);

    /// As `hidden` of the trunk's batch, from where the trunk ends.
    ///
    /// @throws IllegalStateException if the trunk is of another model or batch, or the adapters of the pass touch a
    ///     layer of it
    Var hidden(Pass pass, Trunk trunk);

    /// An empty cache for one sequence of `tokens` tokens, in the lifetime of `kernels`.
    default KvCache newCache(Kernels kernels, int tokens) {
        return newCache(kernels, tokens, 1);
    }

    /// An empty cache for several sequences of `tokens` tokens together, in the lifetime of
    /// `kernels`.
    KvCache newCache(Kernels kernels, int tokens, int sequences);

    /// From hidden states to logits.
    Head head();
}
