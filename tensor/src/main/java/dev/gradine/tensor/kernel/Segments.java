package dev.gradine.tensor.kernel;

import dev.gradine.tensor.ShapeException;
import java.util.Arrays;

/// Where the sequences of a packed batch begin among the query rows and among the key rows, and which of them continue
/// another. Lives on the host, since it decides how work is split.
public final class Segments {

    private final int[] queryStart;
    private final int[] keyStart;
    private final int[] parent;

    private Segments(int[] queryStart, int[] keyStart, int[] parent) {
        this.queryStart = queryStart;
        this.keyStart = keyStart;
        this.parent = parent;
    }

    /// As many keys as queries in each sequence: training and prefill.
    ///
    /// @param start first row of each sequence, then the number of rows: `[0, …, N]`
    public static Segments packed(int... start) {
        return of(start, start);
    }

    /// Packed sequences of which some branch off another: a prompt that several answers share is computed once.
    ///
    /// @param start first row of each sequence, then the number of rows: `[0, …, N]`
    /// @param parent for each sequence the earlier one that it continues, which itself continues none; −1 for none
    /// @throws ShapeException if `start` does not ascend from 0, sequences and parents differ in number, or a
    ///     parent is none of these
    public static Segments branching(int[] start, int[] parent) {
        requireAscending("start", start);
        if (parent.length != start.length - 1) {
            throw new ShapeException(
                    "segments: %d parents, expected %d (one per sequence)".formatted(parent.length, start.length - 1));
        }
        for (int s = 0; s < parent.length; s++) {
            int p = parent[s];
            if (p < -1 || p >= s || (p >= 0 && parent[p] >= 0)) {
                throw new ShapeException(
                        "segments: parent of sequence %d is %d, expected -1 or an earlier sequence without a parent"
                                .formatted(s, p));
            }
        }
        return new Segments(start.clone(), start.clone(), parent.clone());
    }

    /// One sequence whose last `queries` tokens ask and whose `keys` tokens answer: decoding with a cache.
    public static Segments cached(int queries, int keys) {
        return of(new int[] {0, queries}, new int[] {0, keys});
    }

    /// Sequences that begin at the given query and key rows; both arrays end with the number of rows.
    ///
    /// @throws ShapeException if the offsets do not ascend from 0, differ in number, or a sequence has more queries
    ///     than keys
    public static Segments of(int[] queryStart, int[] keyStart) {
        requireAscending("queryStart", queryStart);
        requireAscending("keyStart", keyStart);
        if (queryStart.length != keyStart.length) {
            throw new ShapeException("segments: %d query offsets, expected %d (one per key offset)"
                    .formatted(queryStart.length, keyStart.length));
        }
        for (int s = 0; s + 1 < queryStart.length; s++) {
            if (keyStart[s + 1] - keyStart[s] < queryStart[s + 1] - queryStart[s]) {
                throw new ShapeException("segments: sequence %d has %d keys, expected at least its %d queries"
                        .formatted(s, keyStart[s + 1] - keyStart[s], queryStart[s + 1] - queryStart[s]));
            }
        }
        int[] none = new int[queryStart.length - 1];
        Arrays.fill(none, -1);
        return new Segments(queryStart.clone(), keyStart.clone(), none);
    }

    private static void requireAscending(String name, int[] start) {
        boolean ok = start.length > 0 && start[0] == 0;
        for (int i = 1; ok && i < start.length; i++) ok = start[i] >= start[i - 1];
        if (!ok) {
            throw new ShapeException(
                    "segments: %s is %s, expected to ascend from 0".formatted(name, Arrays.toString(start)));
        }
    }

    /// Number of sequences.
    public int count() {
        return queryStart.length - 1;
    }

    /// Number of query rows.
    public int queries() {
        return queryStart[queryStart.length - 1];
    }

    /// Number of key rows.
    public int keys() {
        return keyStart[keyStart.length - 1];
    }

    /// Number of query rows of sequence `s`.
    public int queries(int s) {
        return queryStart[s + 1] - queryStart[s];
    }

    /// Number of key rows of sequence `s`.
    public int keys(int s) {
        return keyStart[s + 1] - keyStart[s];
    }

    /// First query row of sequence `s`; for `s = count()`, the number of rows.
    public int queryStart(int s) {
        return queryStart[s];
    }

    /// First key row of sequence `s`; for `s = count()`, the number of rows.
    public int keyStart(int s) {
        return keyStart[s];
    }

    /// The sequence that `s` continues: its queries see all keys of that one, then their own. −1 if there is none.
    public int parent(int s) {
        return parent[s];
    }
}
