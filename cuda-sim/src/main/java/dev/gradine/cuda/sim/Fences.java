package dev.gradine.cuda.sim;

import java.util.Arrays;

/// When each thread executed `fence.proxy.async`, which shows what it wrote to the engines.
final class Fences {

    static final int NONE = -1;

    private final int[][] times;
    private final int[] counts;

    Fences(int threads) {
        times = new int[threads][0];
        counts = new int[threads];
    }

    void clear() {
        Arrays.fill(counts, 0);
    }

    /// @param time later than that of any fence of this thread before
    void add(int thread, int time) {
        int count = counts[thread]++;
        if (count == times[thread].length) times[thread] = Arrays.copyOf(times[thread], Math.max(8, 2 * count));
        times[thread][count] = time;
    }

    /// The first fence of a thread at `time` or later, `NONE` if there is none.
    int next(int thread, int time) {
        int at = Arrays.binarySearch(times[thread], 0, counts[thread], time);
        if (at < 0) at = -at - 1;
        return at < counts[thread] ? times[thread][at] : NONE;
    }
}
