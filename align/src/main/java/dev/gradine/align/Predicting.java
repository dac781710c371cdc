package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Head;
import dev.gradine.nn.Pass;
import java.util.List;
import java.util.stream.IntStream;

/// The rows of a model that predict the labelled tokens of a batch, and the head that does.
///
/// @param rows `f32[M,C]`, sequence after sequence
public record Predicting(Head head, Pass pass, Var rows) {

    /// Of the sequences of `packed`.
    ///
    /// @param pass over `packed.tokens()`
    /// @param hidden what the model made of them, `f32[N,C]`
    public static Predicting of(CausalLm model, Pass pass, Var hidden, Packed packed) {
        List<LabelledTokens> all = packed.sequences();
        int[] rows = IntStream.range(0, all.size())
                .flatMap(s -> IntStream.range(1, all.get(s).tokens())
                        .filter(t -> all.get(s).label(t) != LabelledTokens.IGNORED)
                        .map(t -> packed.row(s, t - 1)))
                .toArray();
        return new Predicting(
                model.head(), pass, indexSelect(hidden, hidden.tape().kernels().ofInts(rows)));
    }

    /// Logits of rows `h`, some of `rows`, divided by a temperature.
    Var logits(Var h, float temperature) {
        Var z = head.logits(h, pass);
        return temperature == 1 ? z : scale(z, 1 / temperature);
    }
}
