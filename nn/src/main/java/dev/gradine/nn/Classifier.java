package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// A model that says of whole texts which of some labels they have: Hugging Face's `…ForSequenceClassification`.
///
/// A reward model is one with a single label, whose output is the score of a text.
public interface Classifier extends TextModel {

    /// Outputs of the labels, a row for each text of `pass.batch()`, `f32[S,L]`: for each of its sequences that none
    /// continues, in their order.
    default Var logits(Pass pass) {
        Var h = hidden(pass);
        Var z = logits(h, pass);
        h.release();
        return z;
    }

    /// The same of hidden states that are there already.
    ///
    /// @param hidden of `pass`, `f32[N,C]`
    Var logits(Var hidden, Pass pass);

    /// How many types of tokens it tells apart: which of two texts a token belongs to.
    default int tokenTypes() {
        return 1;
    }

    /// What the outputs stand for.
    Labels labels();

    @Override
    default String task() {
        return "SEQ_CLS";
    }
}
