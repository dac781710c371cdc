package dev.gradine.train;

/// A file of a run's folder says something it must not, or a number was about to be written that such a file cannot
/// hold.
public final class RunFileException extends IllegalArgumentException {

    /// @param message `what: argument is X, expected Y (because Z)`; file and line where there are any
    public RunFileException(String message) {
        super(message);
    }
}
