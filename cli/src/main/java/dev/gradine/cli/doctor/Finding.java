package dev.gradine.cli.doctor;

/// One line of the report.
///
/// @param subject one word, such as `memory`
/// @param found what is there
/// @param weight whether it hurts
/// @param mend what is slow or wrong and what to do; empty where nothing is
public record Finding(String subject, String found, Weight weight, String mend) {

    /// How much it matters.
    public enum Weight {
        /// Nothing to do.
        FINE,
        /// Runs are slower, or something is not as it looks.
        HINDERS,
        /// No run is possible.
        PREVENTS
    }

    static Finding fine(String subject, String found) {
        return new Finding(subject, found, Weight.FINE, "");
    }

    static Finding hinders(String subject, String found, String mend) {
        return new Finding(subject, found, Weight.HINDERS, mend);
    }

    static Finding prevents(String subject, String found, String mend) {
        return new Finding(subject, found, Weight.PREVENTS, mend);
    }
}
