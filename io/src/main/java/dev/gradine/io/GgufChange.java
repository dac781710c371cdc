package dev.gradine.io;

/// What a GGUF file of an architecture does to the values of a tensor; see `StoredRows` and `StoredChange`.
public enum GgufChange {

    /// Nothing.
    NONE,

    /// 1 is added.
    PLUS_ONE,

    /// Rows of each query head, from halves to neighbours.
    QUERY_PAIRS,

    /// Rows of each key head, from halves to neighbours.
    KEY_PAIRS,

    /// Rows of a layer for queries, keys and values, from side by side to apart.
    GROUPS,

    /// The other way round.
    TURNED,

    /// Rows of two tensors, from one after the other by turns, and the other way round, to apart.
    ALTERNATING,

    /// Rows of two tensors, from one above the other to apart.
    HALVES;

    /// The same for a model of so many heads.
    StoredChange of(int heads, int keyHeads) {
        return switch (this) {
            case NONE, ALTERNATING, HALVES -> StoredChange.NONE;
            case PLUS_ONE -> StoredChange.PLUS_ONE;
            case QUERY_PAIRS -> StoredRows.pairs(heads);
            case KEY_PAIRS -> StoredRows.pairs(keyHeads);
            case GROUPS -> StoredRows.groups(heads, keyHeads);
            case TURNED -> StoredChange.TURNED;
        };
    }

    /// Whether whole heads of rows are moved, so that their number must be right: 0 heads if not.
    int heads(int heads, int keyHeads) {
        return switch (this) {
            case QUERY_PAIRS -> heads;
            case KEY_PAIRS -> keyHeads;
            case GROUPS -> heads + 2 * keyHeads;
            default -> 0;
        };
    }
}
