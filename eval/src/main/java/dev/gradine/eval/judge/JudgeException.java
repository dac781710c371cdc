package dev.gradine.eval.judge;

/// A judge that cannot be asked.
public final class JudgeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final boolean passing;

    /// @param message what is wrong, in one line
    /// @param passing whether the next question may fare better
    public JudgeException(String message, boolean passing) {
        super(message);
        this.passing = passing;
    }

    /// Whether the next question may fare better.
    public boolean isPassing() {
        return passing;
    }
}
