package dev.gradine.align;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.TokenBatch;
import java.util.List;
import java.util.stream.IntStream;

/// What a model of labels says of the sequences of a batch, in the order of `Packed.sequences`.
///
/// @param z outputs, `f32[S,L]`
/// @param labels what they stand for
public record TextOutputs(Var z, Labels labels) {

    /// What a model reads of a batch: a language model what several sequences begin with once, an
    /// encoder, in which each token sees all of its text, each sequence whole. Tokens have types where
    /// the model tells them apart.
    public static TokenBatch tokens(TextModel model, Packed packed) {
        if (model instanceof CausalLm) return packed.tokens();
        List<LabelledTokens> all = packed.sequences();
        TokenBatch texts = TokenBatch.of(all.stream().map(LabelledTokens::ids).toList());
        boolean hasTypes = model instanceof Classifier c && c.tokenTypes() > 1;
        return hasTypes ? texts.typed(all.stream().map(LabelledTokens::types).toList()) : texts;
    }

    /// Runs the model.
    ///
    /// @param pass over `tokens(model, packed)`
    public static TextOutputs of(Classifier model, Pass pass, Packed packed) {
        Var z = model instanceof Scorer s ? atTheEnds(s, pass, packed) : model.logits(pass);
        return new TextOutputs(z, model.labels());
    }

    private static Var atTheEnds(Scorer model, Pass pass, Packed packed) {
        Var hidden = model.hidden(pass);
        int[] last = IntStream.range(0, packed.sequences().size())
                .map(s -> packed.row(s, packed.sequences().get(s).tokens() - 1))
                .toArray();
        Var h = indexSelect(hidden, hidden.tape().kernels().ofInts(last));
        hidden.release();
        return model.head().logits(h, pass);
    }
}
