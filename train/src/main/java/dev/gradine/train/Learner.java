package dev.gradine.train;

import dev.gradine.align.Reading;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TextModel;
import dev.gradine.nn.TokenBatch;
import dev.gradine.optim.Step;
import dev.gradine.peft.Shaping;

/// The policy that is trained.
///
/// @param model a language model, or one of labels
/// @param adapters on it
/// @param checkpointing whether blocks are computed again for the gradient: less memory, more time, the
///     same bits
/// @param shaping what its adapters do in training beside following the gradient
/// @param reading how it reads in training
public record Learner(TextModel model, Adapters adapters, boolean checkpointing, Shaping shaping, Reading reading) {

    /// A language model that reads as `reading` says.
    public Learner(Policy policy, boolean checkpointing, Shaping shaping, Reading reading) {
        this(policy.model(), policy.adapters(), checkpointing, shaping, reading);
    }

    /// Which reads plainly.
    public Learner(Policy policy, boolean checkpointing, Shaping shaping) {
        this(policy, checkpointing, shaping, Reading.PLAIN);
    }

    /// Of adapters that follow the gradient.
    public Learner(Policy policy, boolean checkpointing) {
        this(policy, checkpointing, Shaping.NONE);
    }

    /// The language model with its adapters.
    ///
    /// @throws IllegalStateException if it is none
    public Policy policy() {
        if (model instanceof CausalLm language) return new Policy(language, adapters);
        throw new IllegalStateException("learner: a %s, expected a language model".formatted(model.family()));
    }

    /// The model of labels.
    ///
    /// @throws IllegalStateException if it is none
    Classifier classifier() {
        if (model instanceof Classifier labelled) return labelled;
        throw new IllegalStateException("learner: a %s, expected a model of labels".formatted(model.family()));
    }

    /// Its pass over `batch` in one step.
    public Pass pass(Step step, TokenBatch batch) {
        Pass pass = Pass.of(step.tape(), batch).with(adapters).checkpointing(checkpointing);
        if (!step.isTraining()) return pass;
        Pass read = pass.grouped(reading.attentionGroup()).training(step.seed());
        return reading.noise() == 0 ? read : read.with(new NoisyEmbeddings(adapters, reading.noise()));
    }
}
