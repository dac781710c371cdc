package dev.gradine.data.token;

import java.util.Arrays;

/// Text of a growing list of tokens, piece by piece, for showing a generation as it happens.
///
/// A piece is what the text gains by the new token. A piece that would end inside a UTF-8 character is held back until
/// the character is whole, so the pieces joined are the text of all tokens. Not safe for several threads.
public final class StreamDecoder {
    /// A UTF-8 character has at most 4 bytes; more held tokens than that means the bytes really are broken.
    private static final int MAX_HELD = 4;

    private static final char BROKEN = '\uFFFD';

    private final Tokenizer tokenizer;
    private final boolean skipSpecial;
    private int[] window;
    private int size;
    private int read;

    /// A stream that continues `context`, for example the prompt's ids. The context's own text is not repeated, but it
    /// decides whether the first piece keeps its leading space.
    public StreamDecoder(Tokenizer tokenizer, boolean skipSpecial, int... context) {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
        int keep = Math.min(context.length, 2 * MAX_HELD);
        this.window = Arrays.copyOf(Arrays.copyOfRange(context, context.length - keep, context.length), 32);
        this.size = keep;
        this.read = keep;
    }

    /// Takes the next token and returns the text it completes; empty while a character is unfinished.
    public String next(int id) {
        if (size == window.length) window = Arrays.copyOf(window, 2 * size);
        window[size++] = id;
        String text = decode(size);
        boolean unfinished = !text.isEmpty() && text.charAt(text.length() - 1) == BROKEN;
        if (unfinished && size - read <= MAX_HELD) return "";
        return emit(text);
    }

    /// What was held back; to be called once, after the last token.
    public String finish() {
        return emit(decode(size));
    }

    private String emit(String text) {
        String before = decode(read);
        String piece = text.length() > before.length() ? text.substring(before.length()) : "";
        int from = read;
        read = size - from;
        window = Arrays.copyOf(Arrays.copyOfRange(window, from, size), Math.max(32, read + 1));
        size = read;
        return piece;
    }

    private String decode(int count) {
        return tokenizer.decode(Arrays.copyOf(window, count), skipSpecial);
    }
}
