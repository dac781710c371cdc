package dev.gradine.cuda.sim;

/// How many blocks of a kernel one multiprocessor holds at once.
///
/// ```
/// blocks = min(32, ⌊64 / warps⌋, ⌊65536 / (registers of a warp, in units of 256) / warps⌋, ⌊shared / (bytes + 1 KiB)⌋)
/// ```
///
/// CUDA C++ Programming Guide, "Technical Specifications per Compute Capability": a multiprocessor of sm_80 has 164 KiB
/// of shared memory, one of sm_90 228 KiB; of each block the system takes 1 KiB.
///
/// @param blocks that fit, at least 0
/// @param warps of these blocks, of 64
/// @param limit what keeps more from fitting: `blocks`, `threads`, `registers` or `shared memory`
public record Occupancy(int blocks, int warps, String limit) {

    private static final int MAX_BLOCKS = 32;
    private static final int MAX_WARPS = 64;
    private static final int REGISTERS = 1 << 16;
    private static final int REGISTER_UNIT = 256;
    private static final int RESERVED = 1024;

    /// The occupancy by blocks of `threads` threads.
    ///
    /// @param capability 80 or 90
    /// @param registers per thread
    /// @param sharedBytes of a block, static and dynamic
    public static Occupancy of(int capability, int threads, int registers, int sharedBytes) {
        int warps = Math.ceilDiv(threads, Warp.LANES);
        int perWarp = Math.ceilDiv(Math.max(registers, 1) * Warp.LANES, REGISTER_UNIT) * REGISTER_UNIT;
        int shared = (capability >= 90 ? 228 : 164) << 10;
        int byThreads = MAX_WARPS / warps;
        int byRegisters = REGISTERS / perWarp / warps;
        int byShared = shared / (sharedBytes + RESERVED);
        int blocks = Math.min(Math.min(MAX_BLOCKS, byThreads), Math.min(byRegisters, byShared));
        String limit = blocks == byThreads
                ? "threads"
                : blocks == MAX_BLOCKS ? "blocks" : blocks == byRegisters ? "registers" : "shared memory";
        return new Occupancy(blocks, blocks * warps, limit);
    }
}
