package dev.gradine.cuda.kernels;

import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/// What each block of an attention kernel does, as `attention_tiles.cuh` reads it: tiles of queries
/// with the keys they see, tiles of keys with the queries that see them. Tiles with most work come
/// first, so that no long one starts last.
record AttentionTiles(List<QueryTile> queries, List<KeyTile> keys, List<Source> sources) {

    /// Queries of one sequence; query i sees keys 0 … ahead + i, the first `sharedKeys` of them from
    /// row `shared` on, the others from row `own` on.
    record QueryTile(int query, int queries, int shared, int sharedKeys, int own, int ahead) {
        private int work() {
            return ahead + queries;
        }

        int put(int[] to, int at) {
            return AttentionTiles.put(to, at, query, queries, shared, sharedKeys, own, ahead);
        }
    }

    /// Keys of one sequence, seen by sources `first` … `end` − 1.
    record KeyTile(int key, int keys, int first, int end, int work) {}

    /// Queries of one sequence, of which query i sees keys 0 … ahead + i of a tile.
    record Source(int query, int queries, int ahead) {}

    /// @param queryRows queries of a tile
    /// @param keyRows keys of a tile
    static AttentionTiles of(Sequences sequences, int queryRows, int keyRows) {
        List<QueryTile> queries = new ArrayList<>();
        List<KeyTile> keys = new ArrayList<>();
        List<Source> sources = new ArrayList<>();
        for (int s = 0; s < sequences.count(); s++) {
            addQueries(sequences, s, queryRows, queries);
            for (int key = 0; key < sequences.keys(s); key += keyRows) {
                int first = sources.size();
                int count = Math.min(keyRows, sequences.keys(s) - key);
                int work = addSources(sequences, s, key, count, sources);
                keys.add(new KeyTile(sequences.keyStart(s) + key, count, first, sources.size(), work));
            }
        }
        sort(queries, QueryTile::work);
        sort(keys, KeyTile::work);
        return new AttentionTiles(queries, keys, sources);
    }

    private static void addQueries(Sequences sequences, int s, int rows, List<QueryTile> to) {
        QueryTile all = whole(sequences, s);
        for (int i = 0; i < all.queries; i += rows) {
            int count = Math.min(rows, all.queries - i);
            to.add(new QueryTile(all.query + i, count, all.shared, all.sharedKeys, all.own, all.ahead + i));
        }
    }

    /// All queries of sequence `s`.
    static QueryTile whole(Sequences sequences, int s) {
        int parent = sequences.parent(s);
        int shared = parent < 0 ? 0 : sequences.keyStart(parent);
        int sharedKeys = parent < 0 ? 0 : sequences.keys(parent);
        int queries = sequences.queries(s);
        int before = sharedKeys + sequences.keys(s) - queries;
        return new QueryTile(sequences.queryStart(s), queries, shared, sharedKeys, sequences.keyStart(s), before);
    }

    /// @return queries that see some key of the tile
    private static int addSources(Sequences sequences, int s, int key, int keys, List<Source> to) {
        int ahead = sequences.keys(s) - sequences.queries(s) - key;
        int work = Math.min(sequences.queries(s), sequences.queries(s) + ahead);
        to.add(new Source(sequences.queryStart(s), sequences.queries(s), ahead));
        for (int branch = s + 1; branch < sequences.count(); branch++) {
            if (sequences.parent(branch) != s) continue;
            to.add(new Source(sequences.queryStart(branch), sequences.queries(branch), keys));
            work += sequences.queries(branch);
        }
        return work;
    }

    private static <T> void sort(List<T> tiles, ToIntFunction<T> work) {
        tiles.sort(Comparator.comparingInt(work).reversed());
    }

    /// The three lists one after the other.
    int[] toInts() {
        int[] to = new int[6 * queries.size() + 4 * keys.size() + 3 * sources.size()];
        int at = 0;
        for (QueryTile t : queries) at = t.put(to, at);
        for (KeyTile t : keys) at = put(to, at, t.key, t.keys, t.first, t.end);
        for (Source s : sources) at = put(to, at, s.query, s.queries, s.ahead);
        return to;
    }

    static int put(int[] to, int at, int... values) {
        System.arraycopy(values, 0, to, at, values.length);
        return at + values.length;
    }

    /// Byte at which the key tiles begin among `toInts`.
    long keysAt() {
        return 4L * 6 * queries.size();
    }

    /// Byte at which the sources begin among `toInts`.
    long sourcesAt() {
        return keysAt() + 4L * 4 * keys.size();
    }
}
