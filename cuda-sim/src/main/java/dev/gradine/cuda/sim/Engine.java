package dev.gradine.cuda.sim;

/// What accesses memory on its own after a thread has started it: the tensor cores of a warpgroup, which
/// read shared memory, the copies whose bytes an mbarrier counts, and the copies from shared memory of a
/// warp's threads, which are waited for in groups. Each is a number after those of the threads, in stamps
/// of `Order`.
final class Engine {

    /// Engines of a block.
    static final int COUNT = 160;

    /// Most mbarriers of a block.
    static final int MBARRIERS = 88;

    private static final int FIRST = 1024;
    private static final int READS = FIRST + 8;
    private static final int WRITES = READS + 32;
    private static final int LOADS = WRITES + 32;

    private Engine() {}

    /// The tensor cores as a warpgroup uses them.
    static int tensorCores(int warpgroup) {
        return FIRST + warpgroup;
    }

    /// Reads of shared memory by copies that threads of a warp have started.
    static int reads(int warp) {
        return READS + warp;
    }

    /// Writes of global memory by the same.
    static int writes(int warp) {
        return WRITES + warp;
    }

    /// Copies that an mbarrier counts.
    ///
    /// @param number of the mbarrier, less than `MBARRIERS`
    static int loads(int number) {
        return LOADS + number;
    }

    /// Whether this is no thread.
    static boolean is(int thread) {
        return thread >= FIRST;
    }

    /// From 0 to `COUNT`.
    static int index(int engine) {
        return engine - FIRST;
    }

    /// By an index.
    static int of(int index) {
        return FIRST + index;
    }

    /// For messages.
    static String name(int engine) {
        if (engine < READS) {
            int warp = 4 * (engine - FIRST);
            return "wgmma of warps %d to %d".formatted(warp, warp + 3);
        }
        if (engine < LOADS) return "a bulk copy from shared memory of warp " + (engine - READS) % 32;
        return "a bulk copy to shared memory";
    }
}
