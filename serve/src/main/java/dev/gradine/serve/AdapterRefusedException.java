package dev.gradine.serve;

/// An adapter was not loaded, or not removed.
public final class AdapterRefusedException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private final Why why;

    /// A reason.
    public enum Why {
        /// It cannot be read, or does not fit the model.
        INVALID,
        /// There is none of that name.
        NOT_FOUND,
        /// There is one of that name already.
        EXISTS,
        /// It was put away, and its folder does not hold it any more.
        LOST
    }

    /// A refusal.
    public AdapterRefusedException(Why why, String message) {
        super(message);
        this.why = why;
    }

    /// Why it was refused.
    public Why why() {
        return why;
    }
}
