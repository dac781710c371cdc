package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What layers keep of the tokens read so far, so that decoding reads each token once: of one
/// sequence, or of many, each in pages of rows; see `Pass.reading`.
///
/// Attention keeps keys and values of every token. A layer with a recurrence keeps one state of each
/// sequence, and the last rows of its convolution: that memory does not grow with the text.
public final class KvCache {

    private final Tensor[] keys;
    private final Tensor[] values;
    private final Tensor[] tails;
    private final Tensor[] states;
    private final int capacity;
    private final int sequences;
    private final boolean isRecurrent;
    private final List<Integer> idle = new ArrayList<>(); // states that were given back
    private int opened; // states that were ever given out
    private int length;

    /// What one layer keeps of a token.
    ///
    /// @param heads of its keys, G; 0 where what is kept is no keys
    /// @param width values of its keys, G·D, and as many of its values
    public record PerToken(int heads, int width) {

        /// Nothing.
        public static final PerToken NONE = new PerToken(0, 0);
    }

    /// What one layer keeps of a sequence as a whole.
    ///
    /// @param tail rows of the convolution, its taps but one
    /// @param channels of such a row
    /// @param state f32 values of the recurrence
    public record PerSequence(int tail, int channels, int state) {

        /// Nothing.
        public static final PerSequence NONE = new PerSequence(0, 0, 0);
    }

    /// What one layer keeps.
    record Kept(PerToken ofToken, PerSequence ofSequence) {}

    /// How much it can hold.
    ///
    /// @param tokens of all sequences
    /// @param sequences number of them
    record Capacity(int tokens, int sequences) {}

    /// @param kernels lifetime the cache lives in
    /// @param layers number of layers
    /// @param capacity tokens it can hold
    /// @param width values of one token's keys in one layer, G·D
    public KvCache(Kernels kernels, int layers, int capacity, int width) {
        this(
                kernels,
                Collections.nCopies(layers, new Kept(new PerToken(1, width), PerSequence.NONE)),
                new Capacity(capacity, 1));
    }

    /// @param layers what each of them keeps
    KvCache(Kernels kernels, List<Kept> layers, Capacity most) {
        capacity = most.tokens;
        sequences = most.sequences;
        isRecurrent = layers.stream().anyMatch(l -> !l.ofSequence.equals(PerSequence.NONE));
        keys = new Tensor[layers.size()];
        values = new Tensor[layers.size()];
        tails = new Tensor[layers.size()];
        states = new Tensor[layers.size()];
        for (int l = 0; l < keys.length; l++) {
            Shape shape = Shape.of(capacity, layers.get(l).ofToken.width);
            PerSequence whole = layers.get(l).ofSequence;
            keys[l] = kernels.empty(kernels.dataType(), shape);
            values[l] = kernels.empty(kernels.dataType(), shape);
            tails[l] = kernels.zeros(kernels.dataType(), Shape.of(sequences * whole.tail, whole.channels));
            states[l] = kernels.empty(Shape.of(sequences, whole.state));
        }
    }

    /// Whether some layer keeps a state, which stands for all tokens read and cannot be cut.
    public boolean isRecurrent() {
        return isRecurrent;
    }

    /// Copies what is kept of `count` tokens from row `from` on to row `to` on, which must not overlap.
    public void copy(Kernels k, int from, int to, int count) {
        for (int l = 0; l < keys.length; l++) {
            k.copy(keys[l].rows(from, from + count), keys[l].rows(to, to + count));
            k.copy(values[l].rows(from, from + count), values[l].rows(to, to + count));
        }
    }

    /// Number of a state for one more sequence.
    ///
    /// @throws ShapeException if all have theirs
    public int openState() {
        if (!idle.isEmpty()) return idle.removeLast();
        if (opened < sequences) return opened++;
        throw new ShapeException("kv_cache: a sequence more, expected at most %d".formatted(sequences));
    }

    /// Takes a state back: another sequence may have it.
    public void closeState(int state) {
        idle.add(state);
    }

    /// Copies what is kept of a sequence as a whole: another one goes on where it is.
    public void copyState(Kernels k, int from, int to) {
        if (!isRecurrent) return;
        for (int l = 0; l < keys.length; l++) {
            int tail = tails[l].shape().dim(0) / sequences;
            k.copy(rows(tails[l], from, tail), rows(tails[l], to, tail));
            k.copy(rows(states[l], from, 1), rows(states[l], to, 1));
        }
    }

    private static Tensor rows(Tensor all, int state, int each) {
        return all.rows(state * each, (state + 1) * each);
    }

    /// Gives back the memory of the cache, in the lifetime that it was made in.
    public void release(Kernels k) {
        for (Tensor[] all : List.of(keys, values, tails, states)) for (Tensor t : all) k.release(t);
    }

    /// Tokens in it, of one sequence.
    public int length() {
        return length;
    }

    /// Tokens it can hold.
    public int capacity() {
        return capacity;
    }

    /// Forgets all tokens from number `tokens` on.
    ///
    /// @throws ShapeException if it has not read as many, or a layer keeps a state and some tokens stay
    public void truncate(int tokens) {
        if (tokens < 0 || tokens > length) {
            throw new ShapeException("kv_cache: truncate to %d tokens, expected 0 to %d".formatted(tokens, length));
        }
        if (isRecurrent && tokens > 0 && tokens < length) {
            throw new ShapeException("kv_cache: truncate to %d tokens, expected 0 or %d (a layer keeps a state of all)"
                    .formatted(tokens, length));
        }
        length = tokens;
    }

    /// Last rows of the convolution of layer `layer`, `[S·(k−1),C]`, by the number of the state.
    Tensor tails(int layer) {
        return tails[layer];
    }

    /// States of layer `layer`, `f32[S,…]`.
    Tensor states(int layer) {
        return states[layer];
    }

    /// What a layer has read.
    ///
    /// @param keys `[n,G·D]`
    /// @param values `[n,G·D]`
    record Read(Tensor keys, Tensor values) {}

    /// Writes keys and values of fresh tokens into layer `layer` and returns all of it up to a row.
    ///
    /// @param fresh of n tokens
    /// @param slots `i32[n]`: rows of these tokens; of one sequence those from `length` on
    /// @param rows how many are returned
    Read append(Kernels k, int layer, Read fresh, Tensor slots, int rows) {
        k.kvAppend().append(fresh.keys, fresh.values, slots, keys[layer], values[layer]);
        return new Read(keys[layer].rows(0, rows), values[layer].rows(0, rows));
    }

    /// Fails unless `tokens` more tokens fit.
    void requireRoom(int tokens) {
        if (length + tokens > capacity()) {
            throw new ShapeException(
                    "kv_cache: %d tokens after %d, expected at most %d in all".formatted(tokens, length, capacity()));
        }
    }

    /// Counts `tokens` as read, once every layer has appended theirs.
    void advance(int tokens) {
        length += tokens;
    }
}
