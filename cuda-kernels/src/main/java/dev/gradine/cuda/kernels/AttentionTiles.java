package dev.gradine.cuda.kernels;

import dev.gradine.tensor.kernel.Band;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/// What each block of an attention kernel does, as `attention_tiles.cuh` reads it: tiles of queries
/// with the keys they see, tiles of keys with the queries that see them. Tiles with most work come
/// first, so that no long one starts last.
record AttentionTiles(List<QueryTile> queries, List<KeyTile> keys, List<Source> sources, List<Integer> pages) {

    /// Queries of one sequence; query i sees keys `behind` + i … `ahead` + i, of keys 0 … `end` − 1, the first
    /// `sharedKeys` of them from row `shared` on, the others from row `own` on. Where there are pages, these are
    /// numbers of rows in the pages, laid in a row.
    record QueryTile(int query, int queries, int shared, int sharedKeys, int own, int ahead, int behind, int end) {

        static final int INTS = 8;

        /// The first key that some query sees.
        int begin() {
            return Math.max(0, behind);
        }

        private int work() {
            return end - begin();
        }

        int put(int[] to, int at) {
            return AttentionTiles.put(to, at, query, queries, shared, sharedKeys, own, ahead, behind, end);
        }
    }

    /// Keys of one sequence, seen by sources `first` … `end` − 1.
    record KeyTile(int key, int keys, int first, int end, int work) {}

    /// Queries of one sequence, of which query i sees keys `behind` + i … `ahead` + i of a tile.
    record Source(int query, int queries, int ahead, int behind) {}

    /// @param sequences whose queries see bands of keys, as the mask makes them
    /// @param queryRows queries of a tile
    /// @param keyRows keys of a tile
    static AttentionTiles of(Mask mask, Sequences sequences, int queryRows, int keyRows) {
        AttentionTiles tiles =
                new AttentionTiles(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), sequences.pages());
        for (int s = 0; s < sequences.count(); s++) {
            for (int i = 0; i < sequences.queries(s); i += queryRows) {
                tiles.queries.add(tile(mask, sequences, s, i, Math.min(queryRows, sequences.queries(s) - i)));
            }
            for (int key = 0; key < sequences.keys(s) && !sequences.arePaged(); key += keyRows) {
                tiles.addKeys(mask, sequences, s, key, Math.min(keyRows, sequences.keys(s) - key));
            }
        }
        for (Sequences.Rows gap : sequences.gaps()) tiles.addGap(gap, keyRows);
        sort(tiles.queries, QueryTile::work);
        sort(tiles.keys, KeyTile::work);
        return tiles;
    }

    /// `count` queries of sequence `s` from number `i` on.
    static QueryTile tile(Mask mask, Sequences sequences, int s, int i, int count) {
        int parent = sequences.parent(s);
        int shared = parent < 0 ? 0 : sequences.keyStart(parent);
        Band band = band(mask, sequences, s).fromQuery(i);
        return new QueryTile(
                sequences.queryStart(s) + i,
                count,
                shared,
                sequences.sharedKeys(s),
                sequences.keyStart(s),
                band.last(),
                band.first(),
                band.end(count));
    }

    static Band band(Mask mask, Sequences sequences, int s) {
        return mask.band(sequences.queries(s), sequences.visibleKeys(s));
    }

    private void addKeys(Mask mask, Sequences sequences, int s, int key, int count) {
        int first = sources.size();
        int work = addSource(sequences, s, band(mask, sequences, s).fromKey(sequences.sharedKeys(s) + key, count));
        for (int branch = s + 1; branch < sequences.count(); branch++) {
            if (sequences.parent(branch) != s) continue;
            work += addSource(sequences, branch, band(mask, sequences, branch).fromKey(key, count));
        }
        keys.add(new KeyTile(sequences.keyStart(s) + key, count, first, sources.size(), work));
    }

    /// Adds the queries of sequence `s` up to the last that sees one of the band's keys.
    ///
    /// @return how many see one
    private int addSource(Sequences sequences, int s, Band band) {
        int queries = Math.clamp((long) band.keys() - band.first(), 0, sequences.queries(s));
        sources.add(new Source(sequences.queryStart(s), queries, band.last(), band.first()));
        return Math.max(0, queries + Math.min(0, band.last()));
    }

    /// Keys that nobody sees, whose gradient is zero.
    private void addGap(Sequences.Rows gap, int keyRows) {
        int none = sources.size();
        for (int key = 0; key < gap.count(); key += keyRows) {
            keys.add(new KeyTile(gap.start() + key, Math.min(keyRows, gap.count() - key), none, none, 0));
        }
    }

    private static <T> void sort(List<T> tiles, ToIntFunction<T> work) {
        tiles.sort(Comparator.comparingInt(work).reversed());
    }

    /// The lists one after the other.
    int[] toInts() {
        int[] to = new int[QueryTile.INTS * queries.size() + 4 * keys.size() + 4 * sources.size() + pages.size()];
        int at = 0;
        for (QueryTile t : queries) at = t.put(to, at);
        for (KeyTile t : keys) at = put(to, at, t.key, t.keys, t.first, t.end);
        for (Source s : sources) at = put(to, at, s.query, s.queries, s.ahead, s.behind);
        for (int page : pages) at = put(to, at, page);
        return to;
    }

    static int put(int[] to, int at, int... values) {
        System.arraycopy(values, 0, to, at, values.length);
        return at + values.length;
    }

    /// Byte at which the key tiles begin among `toInts`.
    long keysAt() {
        return 4L * QueryTile.INTS * queries.size();
    }

    /// Byte at which the sources begin among `toInts`.
    long sourcesAt() {
        return keysAt() + 4L * 4 * keys.size();
    }

    /// Byte at which the pages begin among `toInts`.
    long pagesAt() {
        return sourcesAt() + 4L * 4 * sources.size();
    }
}
