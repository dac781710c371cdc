package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// A model that reads texts. It is weights and never changes: what differs from pass to pass travels with the `Pass`.
public interface TextModel extends Model {

    /// Hidden states after the last norm, one row per token of `pass.batch()`, `f32[N,C]`: what the head reads.
    Var hidden(Pass pass);

    /// Number of tokens in the vocabulary.
    int vocabSize();

    /// Longest sequence the position embedding covers, in tokens.
    int maxPositions();
}
