package dev.gradine.cuda.sim;

/// A decoded instruction: what it does to the registers and the memory of one warp.
@FunctionalInterface
interface Step {

    /// Executes it.
    ///
    /// @param w the warp
    /// @param mask one bit per lane that takes part, never 0
    void run(Warp w, int mask);
}
