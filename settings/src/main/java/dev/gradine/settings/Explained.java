package dev.gradine.settings;

import java.math.BigDecimal;
import java.math.MathContext;

/// A number beside what is usual for it.
///
/// @param option as it is typed, such as `--beta`
/// @param value it has, as text
/// @param byDefault it has where none is given, as text
/// @param number the value; NaN where it is none
/// @param usual range, reason and source
public record Explained(String option, String value, String byDefault, double number, Range usual) {

    /// What is usual.
    ///
    /// @param from least usual value
    /// @param to largest usual value
    /// @param why reason of the default
    /// @param source paper, or programs with their defaults
    public record Range(double from, double to, String why, String source) {

        /// What an annotation says.
        public static Range of(Usual usual) {
            return new Range(usual.from(), usual.to(), usual.why(), usual.source());
        }

        /// The same as a multiple: of the learning rate of an optimiser.
        public Range times(Range factor) {
            return new Range(
                    from * factor.from, to * factor.to, why + "; " + factor.why, source + "; " + factor.source);
        }

        @Override
        public String toString() {
            return "%s to %s".formatted(text(rounded(from)), text(rounded(to)));
        }

        private static double rounded(double x) {
            return new BigDecimal(x).round(new MathContext(3)).doubleValue();
        }
    }

    /// A number as it is typed: `2e-4`, `5`.
    public static String text(double x) {
        return Conversion.text(x);
    }

    /// Whether it is what it is where none is given.
    public boolean isDefault() {
        return value.equals(byDefault);
    }

    /// Whether the value is out of the usual range.
    public boolean isUnusual() {
        return number < usual.from() || number > usual.to();
    }

    /// One line for a value out of the usual range: which, by how much, and why another is usual.
    public String warning() {
        return "%s: %s is %s the usual %s (%s)"
                .formatted(option, value, number < usual.from() ? "below" : "above", usual, usual.why());
    }
}
