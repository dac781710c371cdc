package dev.gradine.train;

import dev.gradine.settings.Option;
import org.jspecify.annotations.Nullable;

/// What a run does by itself while nobody looks: when it ends early, which values it keeps, how many checkpoints.
///
/// @param best metric of evaluations, such as `eval_loss`, by which the values kept in the end are chosen; null for the
///     last ones, or for `eval_loss` where there is a patience
/// @param patience evaluations without a better one after which the run ends; null for never
/// @param minDelta least change of the metric that is better; null for any
/// @param keepCheckpoints how many there are at a time
/// @param maxHours hours after which the run stops with a checkpoint; null for no limit
public record Unattended(
        @Option(
                says = "Keep the values whose evaluation is best by this metric, such as eval_loss.",
                label = "METRIC",
                otherwise = "the last values are kept; eval_loss with --patience")
        @Nullable
        String best,

        @Option(
                says = "End the run after N evaluations without a better one.",
                label = "N",
                least = 1,
                otherwise = "all steps are taken")
        @Nullable
        Integer patience,

        @Option(says = "Least change of the metric that counts as better.", label = "X", least = 0, otherwise = "any")
        @Nullable
        Double minDelta,

        @Option(says = "Checkpoints kept at a time.", label = "N", group = "Output", least = 1, free = true)
        int keepCheckpoints,

        @Option(
                says = "Stop after X hours of training, with a checkpoint to go on from.",
                label = "X",
                otherwise = "no limit",
                free = true)
        @Nullable
        Double maxHours) {

    private static final double SECONDS = 3600;

    /// @throws IllegalArgumentException if an option has nothing to act on
    public Unattended {
        if (minDelta != null && best == null && patience == null) {
            throw new IllegalArgumentException("--min-delta does nothing without --best or --patience");
        }
        if (keepCheckpoints < 1) {
            throw new IllegalArgumentException("--keep-checkpoints: " + keepCheckpoints + ", expected at least 1");
        }
        if (maxHours != null && !(maxHours > 0)) {
            throw new IllegalArgumentException("--max-hours: " + maxHours + ", expected above 0");
        }
    }

    /// All steps are taken, and the last values are kept.
    public static Unattended defaults() {
        return new Unattended(null, null, null, 1, null);
    }

    /// Whether evaluations decide which values are kept.
    boolean choosesBest() {
        return best != null || patience != null;
    }

    /// Whether so many seconds are too many.
    boolean isOver(double seconds) {
        return maxHours != null && seconds >= maxHours * SECONDS;
    }
}
