package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Pass;
import dev.gradine.nn.SelfAttention;

/// An adapter over an embedding table: it changes the rows that the table gave, or fills those of virtual tokens.
public non-sealed interface EmbeddingAdapter extends Adapter {

    /// What stands for the rows `h` of `pass.rows()`, `f32[N,C]`.
    Var apply(Embedding base, Var h, Pass pass);

    /// Queries, keys and values that layer number `layer` attends with, of `pass.rows()`.
    default SelfAttention.Qkv attends(int layer, SelfAttention.Qkv fresh, Pass pass) {
        return fresh;
    }

    /// Whether it adds to the rows, so that several can act one after the other.
    default boolean adds() {
        return false;
    }

    /// Number of virtual tokens it puts before each sequence.
    default int virtualTokens() {
        return 0;
    }
}
