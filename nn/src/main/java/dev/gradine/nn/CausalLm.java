package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// A language model that predicts the next token from those before it.
public interface CausalLm {

    /// Hidden states after the last norm, `f32[N,C]`: what the head reads.
    Var hidden(Tape tape, TokenBatch batch);

    /// The layers below the first that is adapted or trained now, which compute what the checkpoint's own do.
    ///
    /// @param kernels lifetime of the result; everything on the way is given back
    Trunk trunk(Kernels kernels, TokenBatch batch);

    /// As `hidden` of the trunk's batch, from where the trunk ends.
    ///
    /// @throws IllegalStateException if the trunk was computed while fewer layers were adapted or trained than now
    Var hidden(Tape tape, Trunk trunk);

    /// Hidden states of tokens that continue a cached sequence; their keys and values are appended to `cache`.
    Var hidden(Tape tape, int[] ids, KvCache cache);

    /// Whether training keeps of each block of the model only what goes into it, and computes the rest a second time
    /// for the gradient: the same bits from less memory in more time. Off at first.
    void checkpointBlocks(boolean on);

    /// An empty cache for `tokens` tokens, in the lifetime of `kernels`.
    KvCache newCache(Kernels kernels, int tokens);

    /// The layer from hidden states to logits, `lm_head`.
    LinearSlot head();

    /// Every linear layer, in the order of the forward pass, the head included.
    List<LinearSlot> linears();

    /// Every weight, in the order of the forward pass.
    List<ParamSlot> params();

    /// Number of tokens in the vocabulary.
    int vocabSize();

    /// Longest sequence the position embedding covers, in tokens.
    int maxPositions();
}
