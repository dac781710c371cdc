package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;

/// A model with the adapters it acts with. Policy, reference, teacher and a second user's adapter are four of these,
/// often over one model.
public record Policy(CausalLm model, Adapters adapters) {

    /// The model as its checkpoint has it.
    public static Policy of(CausalLm model) {
        return new Policy(model, Adapters.NONE);
    }

    /// A pass over `batch` in evaluation.
    public Pass pass(Tape tape, TokenBatch batch) {
        return Pass.of(tape, batch).with(adapters);
    }

    /// Hidden states of a batch in evaluation, `f32[N,C]`.
    public Var hidden(Tape tape, TokenBatch batch) {
        return model.hidden(pass(tape, batch));
    }

    /// Logits of a batch in evaluation, `f32[N,V]`.
    public Var logits(Tape tape, TokenBatch batch) {
        Pass pass = pass(tape, batch);
        return model.head().logits(model.hidden(pass), pass);
    }
}
