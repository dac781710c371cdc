package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import java.util.Locale;

/// When evaluations have stopped getting better.
///
/// ```
/// better:  v < best · (1 − threshold)   rel          v < best − threshold   abs
/// ```
///
/// and turned round where a higher value is better.
///
/// @param plateauFactor of the learning rate
/// @param plateauPatience evaluations in a row that change nothing yet
/// @param plateauThreshold least gain
/// @param plateauThresholdMode what the gain is compared with
/// @param plateauCooldown evaluations that are not counted after the learning rate was lowered
public record PlateauRule(
        @Option(says = "Factor by which evaluations change the learning rate, below 1.", least = 0, below = 1)
        double plateauFactor,

        @Option(says = "Evaluations in a row that change nothing yet.", label = "N", least = 0)
        int plateauPatience,

        @Option(says = "Least gain that counts as better.", least = 0)
        double plateauThreshold,

        @Option(says = "What the gain is compared with: rel, a share of the best value, or abs.", label = "MODE")
        Mode plateauThresholdMode,

        @Option(says = "Evaluations left out after the learning rate was lowered.", label = "N", least = 0)
        int plateauCooldown) {

    /// What a gain is compared with.
    public enum Mode {
        /// A share of the best value.
        REL,
        /// Nothing.
        ABS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @throws IllegalArgumentException if nothing would ever change
    public PlateauRule {
        require("plateau-factor", plateauFactor, plateauFactor > 0, "above 0");
    }

    /// The worst value there is.
    static double worst(boolean isRising) {
        return isRising ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    boolean isBetter(double value, double best, boolean isRising) {
        if (plateauThresholdMode == Mode.ABS) {
            return isRising ? value > best + plateauThreshold : value < best - plateauThreshold;
        }
        return isRising ? value > best * (1 + plateauThreshold) : value < best * (1 - plateauThreshold);
    }
}
