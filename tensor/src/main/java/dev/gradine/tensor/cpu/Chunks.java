package dev.gradine.tensor.cpu;

/// Cuts rows or values into ranges for `Parallel`, large enough that handing one over costs little beside it. What fits
/// in one range runs on the calling thread.
final class Chunks {

    /// A range `[from, to)` of one kernel's work.
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    private static final int GRAIN = 16_384; // values: a few µs of the cheapest kernel

    private Chunks() {}

    /// Ranges of `n` values.
    static void values(int n, Range range) {
        rows(n, 1, range);
    }

    /// Ranges of `n` rows that cost as much as `rowValues` values each.
    static void rows(int n, long rowValues, Range range) {
        int chunk = (int) Math.max(1, GRAIN / Math.max(1, rowValues));
        if (n <= chunk) {
            range.run(0, n);
            return;
        }
        int parts = (n - 1) / chunk + 1;
        Parallel.forEach(parts, part -> {
            int from = part * chunk;
            range.run(from, from + Math.min(chunk, n - from));
        });
    }
}
