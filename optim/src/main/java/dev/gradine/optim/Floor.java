package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import org.jspecify.annotations.Nullable;

/// The least factor, given in one of two ways.
///
/// @param minLr the learning rate itself; null where it is given as a share
/// @param minLrRate as a share of the peak; null where it is not given so
public record Floor(
        @Option(says = "Least learning rate; or --min-lr-rate.", least = 0, otherwise = "by --min-lr-rate") @Nullable
        Double minLr,

        @Option(
                says = "Least learning rate, as a share of --lr.",
                least = 0,
                otherwise = "0.1; 0 with warmup-stable-decay")
        @Nullable
        Double minLrRate) {

    /// Where nothing is said.
    public static final Floor USUAL = new Floor(null, null);

    /// @throws IllegalArgumentException if both are given
    public Floor {
        if (minLr != null) require("min-lr", minLr, minLrRate == null, "one of --min-lr and --min-lr-rate");
    }

    double of(Schedule.Span s, double otherwise) {
        if (minLr != null) return minLr / s.lr();
        return minLrRate == null ? otherwise : minLrRate;
    }

    /// Fails where it lies above the peak.
    void requireBelow(Schedule.Span s) {
        if (minLr != null) require("min-lr", minLr, minLr < s.lr(), "below --lr, which is " + s.lr());
        if (minLrRate != null) require("min-lr-rate", minLrRate, minLrRate <= 1, "at most 1");
    }

    /// `factor` of [0, 1] within [floor, 1].
    static double above(double floor, double factor) {
        return Math.max(0, factor * (1 - floor) + floor);
    }
}
