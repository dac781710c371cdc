package dev.gradine.gpu;

/// How many blocks of how many threads run a kernel.
///
/// @param x blocks along x
/// @param y blocks along y
/// @param z blocks along z
/// @param threads threads of a block, along x
/// @param sharedBytes dynamic shared memory of a block
public record Grid(int x, int y, int z, int threads, int sharedBytes) {

    /// Blocks along x alone, without dynamic shared memory.
    public static Grid of(int blocks, int threads) {
        return new Grid(blocks, 1, 1, threads, 0);
    }

    /// As many blocks as give every one of `n` values a thread.
    public static Grid covering(int n, int threads) {
        return of(Math.ceilDiv(n, threads), threads);
    }
}
