package dev.gradine.data.encode;

/// A sequence to learn.
///
/// Labels are not shifted: `labels[t]` is `ids[t]` or [#IGNORED], and the loss predicts it from the tokens before `t`.
public final class SftExample {
    /// The label of a token that is not learnt.
    public static final int IGNORED = -100;

    private final int[] ids;
    private final int[] labels;

    /// Takes both arrays, which have one length, without copying.
    SftExample(int[] ids, int[] labels) {
        this.ids = ids;
        this.labels = labels;
    }

    /// The tokens; a copy.
    public int[] ids() {
        return ids.clone();
    }

    /// The labels; a copy.
    public int[] labels() {
        return labels.clone();
    }

    /// Length in tokens.
    public int length() {
        return ids.length;
    }

    /// How many tokens are learnt. The first token counts although nothing predicts it, as in the reference.
    public int targets() {
        int n = 0;
        for (int label : labels) if (label != IGNORED) n++;
        return n;
    }
}
