package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// What an observer sees of a warp.
public interface WarpView {

    /// Index of the warp in its block.
    int index();

    /// Index of its block: x + grid.x · (y + grid.y · z).
    int block();

    /// One bit per lane that has not ended.
    int live();

    /// The 32 values of a register by its index in the entry, as bits in a long; predicates as 0 and 1.
    long[] register(int index);

    /// Type of that register.
    PtxType type(int index);

    /// Name of that register.
    String name(int index);

    /// A copy of the block's shared memory.
    byte[] shared();
}
