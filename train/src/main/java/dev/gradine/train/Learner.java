package dev.gradine.train;

import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.optim.Step;

/// The policy that is trained.
///
/// @param policy model and adapters
/// @param checkpointing whether blocks are computed again for the gradient: less memory, more time, the same bits
public record Learner(Policy policy, boolean checkpointing) {

    /// Its pass over `batch` in one step.
    public Pass pass(Step step, TokenBatch batch) {
        Pass pass = policy.pass(step.tape(), batch).checkpointing(checkpointing);
        return step.isTraining() ? pass.training(step.seed()) : pass;
    }
}
