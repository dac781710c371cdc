package dev.gradine.nn.generate;

/// Why a text is over.
///
/// @param why the reason
/// @param token the end that was drawn, −1 where none was
public record Ending(Why why, int token) {

    /// A reason.
    public enum Why {
        /// An end was drawn.
        END,
        /// It has as many tokens as it may have.
        LENGTH,
        /// Its listener wanted no more.
        STOPPED,
        /// It was cancelled.
        CANCELLED
    }

    static Ending of(Why why) {
        return new Ending(why, -1);
    }
}
