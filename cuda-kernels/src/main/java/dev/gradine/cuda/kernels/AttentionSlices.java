package dev.gradine.cuda.kernels;

import dev.gradine.cuda.kernels.AttentionTiles.QueryTile;
import dev.gradine.tensor.kernel.Band;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// What each block of the split forward does, as `attention_split.cuh` reads it. How keys are cut depends on their
/// number alone, so that sums have one order on every GPU.
///
/// @param slices of the keys, for some pairs of a query and a head each
/// @param joints for each query, where its parts are
/// @param parts rows of the parts in all
/// @param pages that the tiles' rows of keys are numbers in, laid in a row; none if they are rows
record AttentionSlices(List<Slice> slices, List<Joint> joints, int parts, List<Integer> pages) {

    static final int PAIRS = 8; // of a block, at most

    private static final int SLICE = QueryTile.INTS + 4; // ints
    private static final int MOST_QUERIES = 16; // of a sequence
    private static final int SPAN = 32; // keys that a block reads at once
    private static final int SHORTEST = 64; // keys of a slice: fewer are not worth the parts they leave
    private static final int MOST_SLICES = 64; // of a sequence: more leave parts without filling a GPU better

    /// Keys `begin` … `end` − 1 that queries of `tile` see, for its pairs from number `pair` on; what they
    /// give begins at row `part`.
    record Slice(QueryTile tile, int pair, int begin, int end, int part) {}

    /// The parts of one query: `count` of them, from row `part` on, each `stride` rows behind the last.
    record Joint(int part, int stride, int count) {}

    /// Whether so few queries see so many keys that one block for all keys would leave most of a GPU idle.
    static boolean suit(Mask mask, Sequences sequences) {
        int most = 0;
        for (int s = 0; s < sequences.count(); s++) {
            int queries = sequences.queries(s);
            if (queries > MOST_QUERIES) return false;
            if (queries == 0) continue;
            Band band = AttentionTiles.band(mask, sequences, s);
            most = Math.max(most, band.end(queries) - band.begin());
        }
        return most > 2 * SHORTEST;
    }

    /// @param sequences whose queries see bands of keys, as the mask makes them
    /// @param heads of queries
    /// @param perGroup heads that read one key head
    static AttentionSlices of(Mask mask, Sequences sequences, int heads, int perGroup) {
        AttentionSlices all = new AttentionSlices(new ArrayList<>(), new ArrayList<>(), 0, sequences.pages());
        int parts = 0;
        for (int s = 0; s < sequences.count(); s++) {
            if (sequences.queries(s) == 0) continue;
            QueryTile tile = AttentionTiles.tile(mask, sequences, s, 0, sequences.queries(s));
            parts = all.add(tile, heads, perGroup, parts);
        }
        return new AttentionSlices(all.slices, all.joints, parts, all.pages);
    }

    /// Adds the slices of all queries of a sequence, whose parts begin at row `parts`.
    ///
    /// @return where the next ones begin
    private int add(QueryTile tile, int heads, int perGroup, int parts) {
        int length = length(tile.end() - tile.begin());
        int count = Math.ceilDiv(tile.end() - tile.begin(), length);
        int rows = tile.queries() * heads;
        for (int i = 0; i < tile.queries(); i++) joints.add(new Joint(parts + i * heads, rows, count));
        int part = parts;
        for (int begin = tile.begin(); begin < tile.end(); begin += length, part = Math.addExact(part, rows)) {
            for (int pair = 0; pair < tile.queries() * perGroup; pair += PAIRS) {
                slices.add(new Slice(tile, pair, begin, Math.min(tile.end(), begin + length), part));
            }
        }
        return part;
    }

    private static int length(int keys) {
        int even = Math.ceilDiv(keys, MOST_SLICES);
        return Math.max(SHORTEST, Math.ceilDiv(even, SPAN) * SPAN);
    }

    /// The lists one after the other.
    int[] toInts() {
        int[] to = new int[SLICE * slices.size() + 3 * joints.size() + pages.size()];
        int at = 0;
        for (Slice s : slices) {
            at = s.tile.put(to, at);
            at = AttentionTiles.put(to, at, s.pair, s.begin, s.end, s.part);
        }
        for (Joint j : joints) at = AttentionTiles.put(to, at, j.part, j.stride, j.count);
        for (int page : pages) at = AttentionTiles.put(to, at, page);
        return to;
    }

    /// Byte at which the joints begin among `toInts`.
    long jointsAt() {
        return 4L * SLICE * slices.size();
    }

    /// Byte at which the pages begin among `toInts`.
    long pagesAt() {
        return jointsAt() + 4L * 3 * joints.size();
    }
}
