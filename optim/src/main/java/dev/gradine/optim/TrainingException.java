package dev.gradine.optim;

/// A run that cannot go on, such as one whose loss is no longer a number.
public final class TrainingException extends RuntimeException {

    /// @param message names the step and what happened
    public TrainingException(String message) {
        super(message);
    }
}
