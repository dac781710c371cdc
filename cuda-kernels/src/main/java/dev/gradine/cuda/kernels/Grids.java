package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.tensor.DType;

/// How many blocks run the kernels that stream through memory: enough to fill the GPU, which then take turns.
final class Grids {

    private static final int WARP = 32;
    private static final int THREADS = 256;
    private static final int THREADS_PER_MULTIPROCESSOR = 2048;
    private static final int MOST_BLOCKS_PER_MULTIPROCESSOR = 32;

    private Grids() {}

    /// For kernels that walk over `n` values.
    static Grid values(Gpu gpu, int n, DType type) {
        int blocks = Math.ceilDiv(n, THREADS * Data.lanes(type));
        return Grid.of(Math.min(blocks, filling(gpu, THREADS)), THREADS);
    }

    /// For kernels of which a block works on one row at a time.
    ///
    /// @param n rows
    /// @param groups that the kernel sees in a row
    /// @param each groups that suit a thread
    /// @param most threads that the kernel is made for
    static Grid rows(Gpu gpu, int n, int groups, int each, int most) {
        int wanted = Math.ceilDiv(groups, each);
        int threads = Math.clamp(Integer.highestOneBit(2 * wanted - 1), WARP, most);
        return Grid.of(Math.min(n, filling(gpu, threads)), threads);
    }

    private static int filling(Gpu gpu, int threads) {
        int perMultiprocessor = Math.min(MOST_BLOCKS_PER_MULTIPROCESSOR, THREADS_PER_MULTIPROCESSOR / threads);
        return gpu.multiprocessors() * perMultiprocessor;
    }
}
