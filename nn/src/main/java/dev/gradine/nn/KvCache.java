package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.Collections;
import java.util.List;

/// Keys and values of the tokens read so far, layer by layer, so that decoding reads each token once: of one sequence,
/// or of many, each in a range of rows of its own; see `Pass.reading`.
public final class KvCache {

    private final Tensor[] keys;
    private final Tensor[] values;
    private int length;

    /// What one layer keeps of a token.
    ///
    /// @param heads of its keys, G; 0 where what is kept is no keys
    /// @param width values of its keys, G·D, and as many of its values
    public record PerToken(int heads, int width) {}

    /// @param kernels lifetime the cache lives in
    /// @param layers number of layers
    /// @param capacity tokens it can hold
    /// @param width values of one token's keys in one layer, G·D
    public KvCache(Kernels kernels, int layers, int capacity, int width) {
        this(kernels, Collections.nCopies(layers, new PerToken(1, width)), capacity);
    }

    /// @param layers what each of them keeps
    /// @param capacity tokens it can hold
    KvCache(Kernels kernels, List<PerToken> layers, int capacity) {
        keys = new Tensor[layers.size()];
        values = new Tensor[layers.size()];
        for (int l = 0; l < keys.length; l++) {
            Shape shape = Shape.of(capacity, layers.get(l).width);
            keys[l] = kernels.empty(kernels.dataType(), shape);
            values[l] = kernels.empty(kernels.dataType(), shape);
        }
    }

    /// Tokens in it, of one sequence.
    public int length() {
        return length;
    }

    /// Tokens it can hold.
    public int capacity() {
        return keys.length == 0 ? 0 : keys[0].shape().dim(0);
    }

    /// Forgets all tokens from number `tokens` on.
    public void truncate(int tokens) {
        if (tokens < 0 || tokens > length) {
            throw new ShapeException("kv_cache: truncate to %d tokens, expected 0 to %d".formatted(tokens, length));
        }
        length = tokens;
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
