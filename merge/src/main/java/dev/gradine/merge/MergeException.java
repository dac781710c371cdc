package dev.gradine.merge;

/// Models that cannot be merged as the configuration says: what, where, and what was expected.
public final class MergeException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /// @param message one line
    public MergeException(String message) {
        super(message);
    }
}
