package dev.gradine.data.token;

/// A tokenizer file or description that cannot be used; one line: file, place, cause.
public final class TokenizerException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /// Makes an error with its whole message.
    public TokenizerException(String message) {
        super(message);
    }

    /// Makes an error that was caused by a library's.
    public TokenizerException(String message, Throwable cause) {
        super(message, cause);
    }

    static void require(boolean holds, String message) {
        if (!holds) throw new TokenizerException(message);
    }
}
