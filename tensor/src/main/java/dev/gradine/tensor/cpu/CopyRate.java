package dev.gradine.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// How fast all threads together copy memory: what kernels that compute little are quoted as a share of.
public final class CopyRate {

    private static final long ALIGNMENT = 4096;
    private static final int RUNS = 30;
    private static final double SECONDS = 0.3;

    private CopyRate() {}

    /// The best of several copies of `bytes` bytes, in GB/s, each byte counted twice: read and written.
    public static double gigabytes(long bytes) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment from = arena.allocate(bytes, ALIGNMENT).fill((byte) 1);
            MemorySegment to = arena.allocate(bytes, ALIGNMENT).fill((byte) 2);
            double best = 0;
            long end = System.nanoTime() + (long) (SECONDS * 1e9);
            for (int run = 0; run < RUNS || System.nanoTime() < end; run++) {
                long start = System.nanoTime();
                copy(from, to, bytes);
                best = Math.max(best, 2.0 * bytes / (System.nanoTime() - start));
            }
            if (from.mismatch(to) >= 0) throw new IllegalStateException("copy rate: the copy differs");
            return best;
        }
    }

    private static void copy(MemorySegment from, MemorySegment to, long bytes) {
        long share = Math.ceilDiv(bytes, Parallel.THREADS);
        Parallel.forEach(Parallel.THREADS, thread -> {
            long at = Math.min(bytes, thread * share);
            MemorySegment.copy(from, at, to, at, Math.min(share, bytes - at));
        });
    }
}
