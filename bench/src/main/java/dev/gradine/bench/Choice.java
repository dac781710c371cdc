package dev.gradine.bench;

import java.util.function.Predicate;

/// What is measured, and for how long.
///
/// @param wanted says of the name of a work whether it is
/// @param seconds measured of each side of a row; 0 for what suits the work
public record Choice(Predicate<String> wanted, double seconds) {

    /// @throws IllegalArgumentException if the time is negative or no number
    public Choice {
        if (!(seconds >= 0) || Double.isInfinite(seconds)) {
            throw new IllegalArgumentException(
                    "--seconds: %s, expected a finite number of at least 0".formatted(seconds));
        }
    }

    boolean wants(String work) {
        return wanted.test(work);
    }

    double seconds(double suitable) {
        return seconds > 0 ? seconds : suitable;
    }
}
