package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import java.util.List;
import java.util.SequencedMap;

/// Training settings that are the same for every objective.
///
/// @param steps optimisation steps T
/// @param accumulate micro-batches of one step
/// @param lr peak learning rate
/// @param schedule how it moves
/// @param warmup steps until the peak
/// @param optimizer which optimiser, and its numbers
/// @param weightDecay of matrices
/// @param clip largest norm of the gradient; 0 for no limit
/// @param seed of all that is random in a training pass, such as dropout masks
/// @param evalEvery steps from one evaluation to the next; 0 for before and after only
/// @param saveEvery steps from one checkpoint to the next; 0 for none but on interruption
public record TrainSettings(
        int steps,
        int accumulate,
        double lr,
        Schedule schedule,
        int warmup,
        Optimizer.Settings optimizer,
        double weightDecay,
        double clip,
        long seed,
        int evalEvery,
        int saveEvery) {

    /// @throws IllegalArgumentException names the number that is out of range
    public TrainSettings {
        require("steps", steps, steps >= 1, "at least 1");
        require("accumulate", accumulate, accumulate >= 1, "at least 1");
        require("lr", lr, lr >= 0 && Double.isFinite(lr), "a finite number of at least 0");
        require("warmup", warmup, warmup >= 0, "at least 0");
        require("weight-decay", weightDecay, weightDecay >= 0, "at least 0");
        require("clip", clip, clip >= 0, "at least 0 (0 for no clipping)");
        require("eval-every", evalEvery, evalEvery >= 0, "at least 0");
        require("save-every", saveEvery, saveEvery >= 0, "at least 0");
    }

    /// The trained parameters, of which matrices are decayed.
    public List<Group> groups(SequencedMap<String, Param> params) {
        return Group.decayingMatrices(params, weightDecay);
    }
}
