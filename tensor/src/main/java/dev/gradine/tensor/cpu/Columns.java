package dev.gradine.tensor.cpu;

/// Cuts the columns of a matrix into ranges for `Parallel`, for sums over its rows: one thread adds all rows of a
/// column, in order, so that the result does not depend on the number of threads.
final class Columns {

    private static final int LEAST = 64; // columns of a range: four cache lines of a row
    private static final int SERIAL = 16_384; // values below which one thread does it all

    private Columns() {}

    /// Ranges of the `c` columns of a matrix of `n` rows.
    static void forEach(int c, int n, Chunks.Range columns) {
        if ((long) c * n <= SERIAL) {
            columns.run(0, c);
            return;
        }
        int range = Math.max(LEAST, Math.ceilDiv(c, 2 * Parallel.THREADS * 16) * 16); // wide, so that rows stream
        Parallel.forEach(
                Math.ceilDiv(c, range),
                part -> columns.run(part * range, part * range + Math.min(range, c - part * range)));
    }
}
