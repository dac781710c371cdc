package dev.gradine.tensor.cpu;

/// Cuts the columns of a matrix into ranges for `Parallel`, for sums over its rows: one thread adds all rows of a
/// column, in order, so that the result does not depend on the number of threads.
final class Columns {

    private static final int RANGE = 64; // columns: four cache lines of a row
    private static final int SERIAL = 16_384; // values below which one thread does it all

    private Columns() {}

    /// Ranges of the `c` columns of a matrix of `n` rows.
    static void forEach(int c, int n, Chunks.Range range) {
        if ((long) c * n <= SERIAL) {
            range.run(0, c);
            return;
        }
        Parallel.forEach(
                Math.ceilDiv(c, RANGE),
                part -> range.run(part * RANGE, part * RANGE + Math.min(RANGE, c - part * RANGE)));
    }
}
