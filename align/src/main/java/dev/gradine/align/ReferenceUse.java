package dev.gradine.align;

/// What a recipe does with a frozen reference.
public enum ReferenceUse {

    /// Nothing.
    NONE,
    /// Nothing with these options; with others it would.
    POSSIBLE,
    /// Answers are compared with it before they are learnt from.
    BEFOREHAND,
    /// The loss compares the policy with it.
    IN_LOSS;

    /// Whether a run has one.
    public boolean isThere() {
        return compareTo(BEFOREHAND) >= 0;
    }
}
