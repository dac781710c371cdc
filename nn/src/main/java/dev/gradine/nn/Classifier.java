package dev.gradine.nn;

import dev.gradine.autograd.Var;

/// A model that says of whole texts which of some labels they have: Hugging Face's `…ForSequenceClassification`.
///
/// A reward model is one with a single label, whose output is the score of a text.
public interface Classifier extends TextModel {

    /// Outputs of the labels, a row for each text of `pass.batch()`, `f32[S,L]`: for each of its sequences that none
    /// continues, in their order.
    Var logits(Pass pass);

    /// What the outputs stand for.
    Labels labels();

    @Override
    default String task() {
        return "SEQ_CLS";
    }
}
