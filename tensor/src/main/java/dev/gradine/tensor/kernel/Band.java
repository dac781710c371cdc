package dev.gradine.tensor.kernel;

/// The keys that the queries of one sequence see: query i sees keys `first + i` … `last + i`, of keys 0 … `keys` − 1.
/// Kernels cut a sequence into tiles of queries and of keys; a tile's part of a band is a band again.
///
/// @param first what query 0 sees first; negative where it sees key 0 and would see more
/// @param last what query 0 sees last; may lie behind the last key
/// @param keys number of keys
public record Band(int first, int last, int keys) {

    /// The same band with queries counted from number `query` on.
    public Band fromQuery(int query) {
        return new Band(first + query, last + query, keys);
    }

    /// The band over `count` keys from number `key` on, which are keys 0 … `count` − 1 of it.
    public Band fromKey(int key, int count) {
        return new Band(first - key, Math.min(last - key, count), count);
    }

    /// The first key that one of the queries from number 0 on sees.
    public int begin() {
        return Math.max(0, first);
    }

    /// Behind the last key that one of the first `queries` queries sees.
    public int end(int queries) {
        return Math.clamp((long) last + queries, 0, keys);
    }

    /// Whether one of the first `queries` queries sees one of the keys.
    public boolean meets(int queries) {
        return begin() < end(queries);
    }
}
