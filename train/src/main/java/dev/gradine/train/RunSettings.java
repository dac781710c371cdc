package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.optim.TrainSettings;

/// The settings of a run: all that is neither the recipe's nor the adapter's.
///
/// @param files what it reads and writes
/// @param batches which examples it sees
/// @param train how it steps; the number of steps comes from `batches`
/// @param reference what the recipe compares the policy with
public record RunSettings(RunFiles files, BatchSettings batches, TrainSettings train, ReferenceSettings reference) {

    /// What holds where nothing else is said.
    public static RunSettings of(Recipe<?> recipe, RunFiles files) {
        return new RunSettings(
                files,
                BatchSettings.defaults(),
                TrainSettings.defaults(recipe.about().lr()),
                ReferenceSettings.defaults());
    }

    /// The same with other batches.
    public RunSettings with(BatchSettings other) {
        return new RunSettings(files, other, train, reference);
    }

    /// The same with other numbers of training.
    public RunSettings with(TrainSettings other) {
        return new RunSettings(files, batches, other, reference);
    }

    /// The same with another reference.
    public RunSettings with(ReferenceSettings other) {
        return new RunSettings(files, batches, train, other);
    }

    /// Examples of one optimisation step.
    int perStep() {
        return Math.multiplyExact(batches.batch(), train.accumulate());
    }

    /// The same with one micro-batch a step.
    RunSettings unaccumulated() {
        return with(train.accumulating(1));
    }

    /// The same with the steps and the length that the run has found.
    ///
    /// @param perEpoch optimisation steps of one pass over the data
    /// @param length tokens of the longest example
    RunSettings resolved(int perEpoch, int length) {
        int steps = batches.count(perEpoch);
        TrainSettings numbers = train.with(steps, train.optimizer());
        return new RunSettings(files, batches.counted(steps, length), numbers, reference);
    }
}
