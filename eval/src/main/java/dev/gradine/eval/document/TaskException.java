package dev.gradine.eval.document;

/// A task that cannot be used: which one, which key, why.
public final class TaskException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /// @param task its name or file
    /// @param cause what is wrong with it
    public TaskException(String task, String cause) {
        super("task " + task + ": " + cause);
    }
}
