package dev.gradine.data.token;

/// The tokens of a text and the stretch of the text each covers.
///
/// Token `i` covers `text.substring(start(i), end(i))`, in UTF-16 units. Tokens that share one character (the bytes of
/// an emoji) all cover it; a token that stands for no text (an added BOS) covers nothing: its start is its end.
public final class TokenSpans {
    private final int[] ids;
    private final int[] starts;
    private final int[] ends;

    /// Takes the three arrays, all of one length, without copying.
    TokenSpans(int[] ids, int[] starts, int[] ends) {
        this.ids = ids;
        this.starts = starts;
        this.ends = ends;
    }

    /// The token ids; a copy.
    public int[] ids() {
        return ids.clone();
    }

    /// How many tokens there are.
    public int size() {
        return ids.length;
    }

    /// Id of token `i`.
    public int id(int i) {
        return ids[i];
    }

    /// First UTF-16 unit of token `i`.
    public int start(int i) {
        return starts[i];
    }

    /// One past the last UTF-16 unit of token `i`.
    public int end(int i) {
        return ends[i];
    }
}
