package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Keys and values of the tokens read so far, layer by layer, so that decoding reads each token once: of one sequence,
/// or of many, each in a range of rows of its own; see `Pass.reading`.
public final class KvCache {

    private final Tensor[] keys;
    private final Tensor[] values;
    private int length;

    /// @param kernels lifetime the cache lives in
    /// @param layers number of layers
    /// @param capacity tokens it can hold
    /// @param width values of one token's keys in one layer, G·D
    public KvCache(Kernels kernels, int layers, int capacity, int width) {
        keys = new Tensor[layers];
        values = new Tensor[layers];
        for (int l = 0; l < layers; l++) {
            keys[l] = kernels.empty(kernels.dataType(), Shape.of(capacity, width));
            values[l] = kernels.empty(kernels.dataType(), Shape.of(capacity, width));
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
