package dev.gradine.nn.generate;

import java.util.Arrays;

/// What a model has written behind a prompt.
///
/// Held as a class, since arrays have no place in records.
public final class Continuation {

    private static final int NONE = -1;

    private final int[] tokens;
    private final int end;

    private Continuation(int[] tokens, int end) {
        this.tokens = tokens;
        this.end = end;
    }

    /// A text that was cut before its end.
    static Continuation cut(int[] tokens) {
        return new Continuation(tokens, NONE);
    }

    /// A text that came to its end.
    ///
    /// @param end token that says so
    static Continuation ended(int[] tokens, int end) {
        return new Continuation(tokens, end);
    }

    /// The tokens, without one that only says that the text is over.
    public int[] tokens() {
        return tokens.clone();
    }

    /// Whether it came to its end.
    public boolean isEnded() {
        return end != NONE;
    }

    /// The tokens and, where it came to its end, the one that says so.
    public int[] whole() {
        if (end == NONE) return tokens();
        int[] all = Arrays.copyOf(tokens, tokens.length + 1);
        all[tokens.length] = end;
        return all;
    }
}
