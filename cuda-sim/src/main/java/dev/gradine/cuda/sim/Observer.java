package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Instruction;

/// Watches a kernel run, one warp instruction after the other.
@FunctionalInterface
public interface Observer {

    /// A warp has executed an instruction.
    ///
    /// @param warp its state after it
    /// @param instruction what it executed
    /// @param mask one bit per lane that took part; 0 if the guard was false in all
    void executed(WarpView warp, Instruction instruction, int mask);
}
