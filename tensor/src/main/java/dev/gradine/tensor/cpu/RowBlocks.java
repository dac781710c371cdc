package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

/// Sums over the rows of a matrix in one pass over memory: blocks of rows in parallel, each adding into sums of its
/// own, which are then added in the order of the blocks. Blocks are cut by the number of rows alone, so that the result
/// does not depend on the number of threads.
final class RowBlocks {

    /// Adds what rows `[from, to)` contribute into the sums at an address.
    @FunctionalInterface
    interface Block {
        void addInto(int from, int to, long sums);
    }

    private static final int BLOCKS = 32; // at most: their sums stay in the second-level cache
    private static final int ROWS = 8; // at least: fewer cost less than to hand them over

    private RowBlocks() {}

    /// Where the `width` sums over `n` rows stand, until the next call on this thread.
    static long sums(int n, int width, Block block) {
        int rows = Math.max(ROWS, Math.ceilDiv(n, BLOCKS));
        int blocks = Math.max(1, Math.ceilDiv(n, rows));
        int stride = (width + LANES - 1) & -LANES;
        long all = Scratch.own().panels((long) blocks * stride);
        Parallel.forEach(blocks, b -> {
            long sums = all + 4L * b * stride;
            Vectors.fill(sums, width, 0);
            block.addInto(b * rows, Math.min(n, (b + 1) * rows), sums);
        });
        Columns.forEach(width, blocks, (from, to) -> {
            for (int b = 1; b < blocks; b++) add(all + 4L * b * stride, all, from, to);
        });
        return all;
    }

    /// `y += x` over values `[from, to)`.
    static void add(long x, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(y, i).add(load(x, i)), y, i);
        for (; i < to; i++) set(y, i, get(y, i) + get(x, i));
    }
}
