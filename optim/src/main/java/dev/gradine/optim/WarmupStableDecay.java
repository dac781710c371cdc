package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Rises, stays, and falls at the end. Hu et al. 2024 (arXiv:2404.06395), eq. 1.
///
/// @param decaySteps steps of falling; null for a tenth of all
/// @param stableSteps steps of staying; null for all that are left
/// @param warmupType the curve of rising
/// @param decayType the curve of falling
/// @param floor least factor, before and after
/// @param cycles waves of a falling cosine
public record WarmupStableDecay(
        @Option(says = "Steps in which it falls at the end.", label = "STEPS", least = 0, otherwise = "a tenth of all")
        @Nullable
        Integer decaySteps,

        @Option(says = "Steps in which it stays.", label = "STEPS", least = 0, otherwise = "all that are left")
        @Nullable
        Integer stableSteps,

        @Option(says = "Curve of the warm-up: linear, cosine or 1-sqrt.", label = "NAME")
        Curve warmupType,

        @Option(says = "Curve of the fall: linear, cosine or 1-sqrt.", label = "NAME")
        Curve decayType,

        @Part Floor floor,
        @Option(says = "Waves of a falling cosine.") double cycles)
        implements Schedule {

    /// How a rise or a fall goes.
    public enum Curve {
        LINEAR,
        COSINE,
        ONE_MINUS_SQRT;

        double rise(double p) {
            return switch (this) {
                case LINEAR -> p;
                case COSINE -> 0.5 * (1 - Math.cos(Math.PI * p));
                case ONE_MINUS_SQRT -> 1 - Math.sqrt(1 - p);
            };
        }

        double fall(double p, double cycles) {
            return switch (this) {
                case LINEAR -> 1 - p;
                case COSINE -> Schedule.wave(cycles, p);
                case ONE_MINUS_SQRT -> 1 - Math.sqrt(p);
            };
        }

        @Override
        public String toString() {
            return this == ONE_MINUS_SQRT ? "1-sqrt" : name().toLowerCase(Locale.ROOT);
        }
    }

    /// In a line up, along a cosine down to 0 in the last tenth.
    public static WarmupStableDecay defaults() {
        return new WarmupStableDecay(null, null, Curve.LINEAR, Curve.COSINE, Floor.USUAL, 0.5);
    }

    @Override
    public String name() {
        return "warmup-stable-decay";
    }

    private int decay(Span s) {
        return decaySteps != null ? decaySteps : s.total() / 10;
    }

    private int stable(Span s) {
        return stableSteps != null ? stableSteps : s.total() - s.warmup() - decay(s);
    }

    @Override
    public double factor(int t, Span s) {
        double least = floor.of(s, 0);
        if (s.warms(t)) return Floor.above(least, warmupType.rise(s.rise(t)));
        int falling = t - s.warmup() - stable(s);
        if (falling < 0) return 1;
        int all = decay(s);
        return falling < all ? Floor.above(least, decayType.fall((double) falling / all, cycles)) : least;
    }

    @Override
    public boolean needsTotal() {
        return stableSteps == null || decaySteps == null;
    }

    @Override
    public void requireUse(Span s) {
        floor.requireBelow(s);
        int all = s.warmup() + decay(s) + (stableSteps == null ? 0 : stableSteps);
        require(
                "decay-steps",
                decay(s),
                all <= s.total(),
                "warm-up, stable steps and these within the %d steps".formatted(s.total()));
    }
}
