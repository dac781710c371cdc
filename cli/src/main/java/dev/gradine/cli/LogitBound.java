package dev.gradine.cli;

import picocli.CommandLine.Option;

/// How far logits of a prompt may be from what they were before a command changed something: shared by those that do.
final class LogitBound {

    @Option(
            names = "--max-difference",
            paramLabel = "X",
            description = "Write nothing if a logit of the prompt that is computed before and after differs by more"
                    + " (default: what rounding explains, where the result should be the same).")
    private double most = Double.NaN;

    /// What was asked for; NaN for nothing.
    ///
    /// @throws IllegalArgumentException if it is no bound
    double most() {
        if (!Double.isNaN(most) && !(most >= 0)) {
            throw new IllegalArgumentException("--max-difference: %s, expected at least 0".formatted(most));
        }
        return most;
    }

    /// Fails if the difference is larger than was asked for.
    ///
    /// @param what of the command, such as `merge`
    /// @param usual the bound where none was asked for
    /// @throws IllegalArgumentException names both
    void require(String what, double difference, double usual) {
        double bound = Double.isNaN(most()) ? usual : most;
        if (difference <= bound) return;
        throw new IllegalArgumentException(
                ("%s: logits are %.2e away from what they were, expected at most %.2e (--max-difference);"
                                + " nothing is written")
                        .formatted(what, difference, bound));
    }
}
