package dev.gradine.data.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A token sequence and which of its tokens are to be predicted.
///
/// `labels[t]` is `ids[t]` where token t carries loss, and `IGNORED` where it does not. Token t is predicted from the
/// tokens before it, so the label of the first token is never used.
///
/// Two of the same tokens, labels and weights are equal. Held as a class, since arrays have no place in records.
public final class LabelledTokens {

    /// Label of a token that carries no loss.
    public static final int IGNORED = -100;

    private final int[] ids;
    private final int[] labels;
    private final int whole; // labelled tokens that count whole
    private final float rest; // weight of the others
    private final int[] types; // empty for zeros

    /// @param ids tokens, at least one
    /// @param labels as many
    /// @throws IllegalArgumentException if the lengths differ or there is no token
    public LabelledTokens(int[] ids, int[] labels) {
        if (ids.length == 0) throw new IllegalArgumentException("labelled: no token, expected at least one");
        if (ids.length != labels.length) {
            throw new IllegalArgumentException(
                    "labelled: %d labels, expected %d (one a token)".formatted(labels.length, ids.length));
        }
        this.ids = ids.clone();
        this.labels = labels.clone();
        whole = Integer.MAX_VALUE;
        rest = 1;
        types = new int[0];
    }

    private LabelledTokens(LabelledTokens of, int whole, float rest, int[] types) {
        ids = of.ids;
        labels = of.labels;
        this.whole = whole;
        this.rest = rest;
        this.types = types;
    }

    /// The same tokens, of whose labelled ones those behind the first `whole` count `rest` in the sum of the sequence.
    public LabelledTokens fading(int whole, float rest) {
        return new LabelledTokens(this, whole, rest, types);
    }

    /// The same tokens, each of a type: which of two texts it belongs to.
    ///
    /// @param of as many as tokens
    /// @throws IllegalArgumentException if there are more or fewer
    public LabelledTokens typed(int[] of) {
        if (of.length == ids.length) return new LabelledTokens(this, whole, rest, of.clone());
        throw new IllegalArgumentException(
                "labelled: %d types, expected %d (one a token)".formatted(of.length, ids.length));
    }

    /// Type of each token, 0 where nothing is said.
    public int[] types() {
        return types.length == 0 ? new int[ids.length] : types.clone();
    }

    /// Whether a labelled token counts other than whole.
    public boolean fades() {
        return rest != 1 && whole < predicted();
    }

    /// Weight of labelled token `i` in the sum of the sequence.
    public float weight(int i) {
        return i < whole ? 1 : rest;
    }

    /// A sequence whose tokens from number `promptTokens` on carry loss.
    public static LabelledTokens completion(int[] ids, int promptTokens) {
        int[] labels = ids.clone();
        Arrays.fill(labels, 0, Math.min(promptTokens, ids.length), IGNORED);
        return new LabelledTokens(ids, labels);
    }

    /// Sequences one after the other, cut into new ones of `length` tokens; the last may be shorter. The first token of
    /// each new one is predicted by nothing; one that nothing is learnt from is left out.
    public static List<LabelledTokens> wrapped(List<LabelledTokens> sequences, int length) {
        int[] ids = sequences.stream().flatMapToInt(s -> Arrays.stream(s.ids)).toArray();
        int[] labels =
                sequences.stream().flatMapToInt(s -> Arrays.stream(s.labels)).toArray();
        List<LabelledTokens> all = new ArrayList<>();
        for (int from = 0; from < ids.length; from += length) {
            int to = Math.min(ids.length, from + length);
            LabelledTokens piece =
                    new LabelledTokens(Arrays.copyOfRange(ids, from, to), Arrays.copyOfRange(labels, from, to));
            if (piece.predicted() > 0) all.add(piece);
        }
        return all;
    }

    /// Tokens.
    public int[] ids() {
        return ids.clone();
    }

    /// Label of each token.
    public int[] labels() {
        return labels.clone();
    }

    /// Label of token `t`.
    public int label(int t) {
        return labels[t];
    }

    /// Number of tokens.
    public int tokens() {
        return ids.length;
    }

    /// Number of tokens that are predicted and carry loss.
    public int predicted() {
        int n = 0;
        for (int t = 1; t < labels.length; t++) if (labels[t] != IGNORED) n++;
        return n;
    }

    /// Number of tokens before the first that carries loss: of an answer, those of its prompt.
    public int promptTokens() {
        int t = 0;
        while (t < labels.length && labels[t] == IGNORED) t++;
        return t;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelledTokens l
                && Arrays.equals(ids, l.ids)
                && Arrays.equals(labels, l.labels)
                && Arrays.equals(types(), l.types())
                && whole == l.whole
                && rest == l.rest;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(labels);
    }

    @Override
    public String toString() {
        return "%d tokens, %d of them predicted".formatted(ids.length, predicted());
    }
}
