package dev.gradine.lab;

import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.SplittableRandom;

/// One seed of an experiment.
///
/// @param seed all that is random follows from it
/// @param isQuick whether it is only to be seen to run: a few steps, whose figures say nothing
/// @param run lifetime of the trial
/// @param stories folder with the story model and its data
public record Trial(long seed, boolean isQuick, Kernels run, Path stories) {

    /// How many steps, examples or models: `full`, or `quick` where it is only to run.
    public int of(int full, int quick) {
        return isQuick ? quick : full;
    }

    /// Random numbers of this trial.
    ///
    /// @param use a number for each use of them within a trial
    public SplittableRandom random(int use) {
        return new SplittableRandom(1000 * seed + use);
    }
}
