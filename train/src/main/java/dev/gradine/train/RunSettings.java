package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.optim.TrainSettings;
import dev.gradine.train.track.Trackers;

/// The settings of a run: all that is neither the recipe's nor the adapter's.
///
/// @param files what it reads and writes
/// @param batches which examples it sees
/// @param train how it steps; the number of steps comes from `batches`
/// @param reference what the recipe compares the policy with
/// @param unattended when it ends by itself, and what it keeps
/// @param trackers where its metrics go beside its own log
public record RunSettings(
        RunFiles files,
        BatchSettings batches,
        TrainSettings train,
        ReferenceSettings reference,
        Unattended unattended,
        Trackers trackers) {

    /// What holds where nothing else is said.
    public static RunSettings of(Recipe<?> recipe, RunFiles files) {
        return new RunSettings(
                files,
                BatchSettings.defaults(),
                TrainSettings.defaults(recipe.about().lr()),
                ReferenceSettings.defaults(),
                Unattended.defaults(),
                Trackers.defaults());
    }

    /// The same with other batches.
    public RunSettings with(BatchSettings other) {
        return new RunSettings(files, other, train, reference, unattended, trackers);
    }

    /// The same with other numbers of training.
    public RunSettings with(TrainSettings other) {
        return new RunSettings(files, batches, other, reference, unattended, trackers);
    }

    /// The same with another reference.
    public RunSettings with(ReferenceSettings other) {
        return new RunSettings(files, batches, train, other, unattended, trackers);
    }

    /// The same with other rules for what happens while nobody looks.
    public RunSettings with(Unattended other) {
        return new RunSettings(files, batches, train, reference, other, trackers);
    }

    /// The same with other trackers.
    public RunSettings with(Trackers other) {
        return new RunSettings(files, batches, train, reference, unattended, other);
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
        numbers.rate().requireUse(steps);
        return new RunSettings(files, batches.counted(steps, length), numbers, reference, unattended, trackers);
    }
}
