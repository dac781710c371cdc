package dev.gradine.cuda.sim;

import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.util.List;

/// What all blocks of one launch share.
///
/// @param kernel what runs, for messages
/// @param program its instructions
/// @param grid how many blocks of how many threads
/// @param memory of the device
/// @param arguments of the kernel
/// @param run what this run of the simulator wants and counts
record Launch(Kernel kernel, Program program, Grid grid, GlobalMemory memory, Arguments arguments, Run run) {

    /// How this run goes and what it counts.
    ///
    /// @param options of the simulator
    /// @param counters added to as the kernel runs
    /// @param observers called after every warp instruction
    record Run(Options options, Tally counters, List<Observer> observers) {}

    /// The arguments as bytes.
    Region parameters() {
        return arguments.bytes();
    }

    /// Warps of a block.
    int warps() {
        return Math.ceilDiv(grid.threads(), Warp.LANES);
    }

    int sharedBytes() {
        return program.sharedBytes() + grid.sharedBytes();
    }
}
