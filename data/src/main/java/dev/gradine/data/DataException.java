package dev.gradine.data;

/// Data that cannot be used: which file, which row, which field, why.
public final class DataException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /// Makes an error with its whole message.
    public DataException(String message) {
        super(message);
    }

    /// Makes an error that was caused by another.
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }

    /// The same error with the place it happened at in front.
    public DataException in(String place) {
        return new DataException(place + ": " + getMessage(), this);
    }
}
