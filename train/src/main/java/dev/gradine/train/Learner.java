package dev.gradine.train;

import dev.gradine.align.Reading;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.optim.Step;
import dev.gradine.peft.Shaping;

/// The policy that is trained.
///
/// @param policy model and adapters
/// @param checkpointing whether blocks are computed again for the gradient: less memory, more time, the same bits
/// @param shaping what its adapters do in training beside following the gradient
/// @param reading how it reads in training
public record Learner(Policy policy, boolean checkpointing, Shaping shaping, Reading reading) {

    /// Which reads plainly.
    public Learner(Policy policy, boolean checkpointing, Shaping shaping) {
        this(policy, checkpointing, shaping, Reading.PLAIN);
    }

    /// Of adapters that follow the gradient.
    public Learner(Policy policy, boolean checkpointing) {
        this(policy, checkpointing, Shaping.NONE);
    }

    /// Its pass over `batch` in one step.
    public Pass pass(Step step, TokenBatch batch) {
        Pass pass = policy.pass(step.tape(), batch).checkpointing(checkpointing);
        if (!step.isTraining()) return pass;
        Pass read = pass.grouped(reading.attentionGroup()).training(step.seed());
        return reading.noise() == 0 ? read : read.with(new NoisyEmbeddings(policy.adapters(), reading.noise()));
    }
}
