package dev.gradine.cuda.sim;

/// What one kernel did in all its launches so far.
///
/// @param launches how many
/// @param work instructions
/// @param traffic memory
/// @param block what one block of the last launch needs
public record Counters(long launches, Work work, Traffic traffic, Block block) {

    /// What warps executed.
    ///
    /// @param instructions executed by warps
    /// @param threadInstructions the same, times the lanes that took part
    /// @param barriers warps that arrived at a barrier
    public record Work(long instructions, long threadInstructions, long barriers) {}

    /// What memory they accessed.
    ///
    /// @param globalRequests warp instructions that accessed global memory
    /// @param globalSectors sectors of 32 bytes that they touched, each counted once per instruction
    /// @param sharedRequests warp instructions that accessed shared memory
    /// @param sharedConflicts additional passes because lanes wanted different words of one bank
    public record Traffic(long globalRequests, long globalSectors, long sharedRequests, long sharedConflicts) {}

    /// What a block occupies.
    ///
    /// @param threads of a block
    /// @param registers of 32 bits per thread that are wanted at once; `ptxas` decides in the end
    /// @param sharedBytes static and dynamic
    public record Block(int threads, int registers, int sharedBytes) {

        /// How many such blocks one multiprocessor of a GPU holds.
        ///
        /// @param capability 80 or 90
        public Occupancy occupancy(int capability) {
            return Occupancy.of(capability, threads, registers, sharedBytes);
        }
    }
}
