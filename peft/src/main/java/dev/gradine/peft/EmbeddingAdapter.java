package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Pass;

/// An adapter over an embedding table: it changes the rows that the table gave, or fills those of virtual tokens.
public non-sealed interface EmbeddingAdapter extends Adapter {

    /// What stands for the rows `h` of `pass.rows()`, `f32[N,C]`.
    Var apply(Embedding base, Var h, Pass pass);

    /// Whether it adds to the rows, so that several can act one after the other.
    default boolean adds() {
        return false;
    }

    /// Number of virtual tokens it puts before each sequence.
    default int virtualTokens() {
        return 0;
    }
}
