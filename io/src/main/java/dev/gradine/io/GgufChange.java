package dev.gradine.io;

/// What a GGUF file of an architecture does to the values of a tensor; see `StoredRows` and `StoredChange`.
public enum GgufChange {

    /// Nothing.
    NONE,

    /// 1 is added.
    PLUS_ONE,

    /// A becomes −exp(A).
    NEGATIVE_EXP,

    /// Rows of each query head, from halves to neighbours.
    QUERY_PAIRS,

    /// Rows of each key head, from halves to neighbours.
    KEY_PAIRS,

    /// Rows of a layer for queries, keys and values, from side by side to apart.
    GROUPS,

    /// The other way round.
    TURNED,

    /// A kernel over time loses the extent of 1 in its middle.
    KERNEL,

    /// A vector becomes a matrix of one column.
    COLUMN,

    /// A vector becomes a matrix, a row for each group of a recurrence.
    GROUP_ROWS,

    /// Rows of value heads of a recurrence, from those of one key head side by side to apart.
    TILED,

    /// The same of rows behind those of its queries and keys.
    TILED_VALUES,

    /// The same of columns.
    TILED_COLUMNS,

    /// Rows of queries, keys and values, from three tensors to one. Read, not written.
    TOGETHER,

    /// Rows of two tensors, from one after the other by turns, and the other way round, to apart.
    ALTERNATING,

    /// Rows of two tensors, from one above the other to apart.
    HALVES,

    /// The same the other way round.
    TURNED_HALVES,

    /// Queries, keys and values of a recurrence, and gates, from side by side for each key head to two tensors.
    GATES_APART,

    /// Keys, which are turned, and values of latent attention.
    LATENT;

    /// The same for a model of so many heads.
    StoredChange of(GgufHeads h) {
        return switch (this) {
            case NONE, TOGETHER, ALTERNATING, HALVES, TURNED_HALVES, LATENT -> StoredChange.NONE;
            case PLUS_ONE -> StoredChange.PLUS_ONE;
            case NEGATIVE_EXP -> StoredChange.NEGATIVE_EXP;
            case QUERY_PAIRS -> StoredRows.pairs(h.queries());
            case KEY_PAIRS -> StoredRows.pairs(h.keys());
            case GROUPS -> StoredRows.groups(h.queries(), h.keys());
            case TURNED -> StoredChange.TURNED;
            case KERNEL -> StoredShape.KERNEL;
            case COLUMN -> StoredShape.rows(0);
            case GROUP_ROWS -> StoredShape.rows(h.stateKeys());
            case TILED, TILED_VALUES, TILED_COLUMNS -> tiled(h);
            case GATES_APART -> StoredRows.parts(h.stateKeys(), h.stateWidth());
        };
    }

    private StoredChange tiled(GgufHeads h) {
        if (h.stateKeys() == h.stateValues()) return StoredChange.NONE;
        int first = this == TILED_VALUES ? 2 * h.stateKeys() * h.stateWidth() : 0;
        StoredRows rows = StoredRows.tiled(first, h.stateKeys(), h.stateValues());
        return this == TILED_COLUMNS ? new StoredColumns(rows, h.stateValues()) : rows;
    }

    /// How two tensors of a file are one.
    ///
    /// @param isOfVectors whether it is `[E,2I]`
    /// @param rows of both, where a file of a recurrence has them apart
    StoredPair pair(GgufHeads h, boolean isOfVectors, int rows) {
        return switch (this) {
            case LATENT -> new LatentPair(h.queries(), h.still());
            case GATES_APART -> new StackedPair(false, false, rows / 2 - h.stateKeys() * h.stateWidth());
            default -> new StackedPair(this == ALTERNATING, isOfVectors, 0);
        };
    }

    /// Whether a model has both the other way round.
    boolean isTurned() {
        return this == ALTERNATING || this == TURNED_HALVES;
    }

    /// Whether columns move, so that what is multiplied by the matrix must move as well.
    boolean movesColumns() {
        return this == TILED_COLUMNS;
    }

    /// Whether whole heads of rows are moved, so that their number must be right: 0 heads if not.
    int heads(GgufHeads h) {
        return switch (this) {
            case QUERY_PAIRS -> h.queries();
            case KEY_PAIRS -> h.keys();
            case GROUPS -> h.queries() + 2 * h.keys();
            default -> 0;
        };
    }
}
