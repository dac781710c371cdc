package dev.gradine.train;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import org.jspecify.annotations.Nullable;

/// Which examples a run sees, how many at once and how often.
///
/// @param steps optimisation steps; null where `epochs` says how many
/// @param epochs passes over the data; null where `steps` are given, or for one pass
/// @param batch rows of one micro-batch: an example each, unless they are packed
/// @param maxLength tokens of an example; null for `USUAL_LENGTH`, or what the model takes
/// @param allowTruncation whether many rows may lose tokens of their answers
/// @param shuffle whether the order is random
/// @param groupByLength whether batches hold examples of similar length
/// @param packing whether several examples make one row of a batch
/// @param mixture how rows of several files share the steps
/// @param evalSplit share of the rows that is held out, in [0, 1)
/// @param gradientCheckpointing whether blocks are computed again for the gradient
public record BatchSettings(
        @Option(says = "Optimisation steps; instead of --epochs.", label = "N", group = "Training", least = 1) @Nullable
        Integer steps,

        @Option(says = "Passes over the data.", label = "N", group = "Training", otherwise = "1")
        @Usual(
                from = 0.01,
                to = 10,
                why = "one pass: a second one over few rows begins to learn them by heart",
                source = "transformers: num_train_epochs 3")
        @Nullable
        Double epochs,

        @Option(says = "Examples computed at once.", label = "N", group = "Training", least = 1)
        @Usual(
                from = 1,
                to = 512,
                why = "4 examples fit most machines; --accumulate makes a step of more",
                source = "transformers: per_device_train_batch_size 8")
        int batch,

        @Option(
                says = "Longer examples are cut at their end.",
                label = "TOKENS",
                otherwise = "1024, or the model's positions if they are fewer",
                least = 2)
        @Nullable
        Integer maxLength,

        @Option(says = "Train although more than 5 % of the rows lose tokens of their answers.", free = true)
        boolean allowTruncation,

        @Option(says = "Take the examples in the order of the file.")
        boolean shuffle,

        @Option(says = "Batches of examples of similar length, so that steps take similar time.")
        boolean groupByLength,

        @Part PackingSettings packing,
        @Part MixtureSettings mixture,

        @Option(says = "Share of the rows held out and evaluated.", label = "X")
        @Usual(
                from = 0,
                to = 0.5,
                why = "none, as nothing is held out unasked; 0.05 tells how a run went",
                source = "a choice of this program")
        double evalSplit,

        @Option(
                says = "Keep only what goes into each block and compute the rest again for the gradient: less memory,"
                        + " more time, the same bytes.",
                group = "Training",
                free = true)
        boolean gradientCheckpointing) {

    private static final int USUAL_LENGTH = 1024;

    /// @throws IllegalArgumentException if two contradict each other
    public BatchSettings {
        if (steps != null && epochs != null) {
            throw new IllegalArgumentException("--steps and --epochs are both given, expected one of them");
        }
        if (epochs != null && !(epochs > 0)) {
            throw new IllegalArgumentException("--epochs: " + epochs + ", expected above 0");
        }
        if (!shuffle && groupByLength) {
            throw new IllegalArgumentException("--group-by-length orders the data, --no-shuffle keeps it: give one");
        }
    }

    /// What holds where nothing else is said.
    public static BatchSettings defaults() {
        return new BatchSettings(
                null, null, 4, null, false, true, false, PackingSettings.NONE, MixtureSettings.NONE, 0, false);
    }

    /// Optimisation steps of the run.
    ///
    /// @param perEpoch those of one pass over the data
    public int count(int perEpoch) {
        if (steps != null) return steps;
        double passes = epochs == null ? 1 : epochs;
        return (int) Math.max(1, Math.ceil(passes * perEpoch));
    }

    /// The same with steps in place of epochs, and with a length, as the run has found them.
    ///
    /// @param length tokens of the longest example
    public BatchSettings counted(int count, int length) {
        return new BatchSettings(
                count,
                null,
                batch,
                length,
                allowTruncation,
                shuffle,
                groupByLength,
                packing,
                mixture,
                evalSplit,
                gradientCheckpointing);
    }

    /// Tokens of the longest example where a model takes `positions`.
    int lengthWithin(int positions) {
        return Math.min(maxLength == null ? USUAL_LENGTH : maxLength, positions);
    }
}
