package dev.gradine.nn;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import java.util.stream.IntStream;

/// A table with one row per token.
///
/// ```
/// h = E[ids]
/// ```
///
/// An adapter of the pass may change the rows: trained tokens, low-rank updates, soft prompts.
public final class Embedding implements Site {

    private final String path;
    private final Weight weight;

    /// @param path name in Hugging Face checkpoints, such as `model.embed_tokens`
    /// @param weight `[V,C]`
    public Embedding(String path, Weight weight) {
        this.path = path;
        this.weight = weight;
    }

    @Override
    public String path() {
        return path;
    }

    /// `[V,C]`
    public Weight weight() {
        return weight;
    }

    /// Rows of the tokens of `pass`, `f32[N,C]`, with whatever stands in for them.
    public Var forward(Tape tape, Pass pass) {
        Var table = tape.param(pass.adapters().at(weight));
        Var h = indexSelect(table, tape.kernels().ofInts(ids(pass)));
        return pass.adapters().at(this, h, pass);
    }

    /// The tokens; a virtual one reads row 0, which an adapter replaces.
    private static int[] ids(Pass pass) {
        return IntStream.of(pass.rows().ids()).map(id -> Math.max(id, 0)).toArray();
    }
}
