package dev.gradine.cli.bench;

import java.util.Arrays;

/// Best and median of several runs, in seconds: the machine is shared, so one run says little.
///
/// @param best shortest
/// @param median of all
public record Timing(double best, double median) {

    /// Runs `work` a few times to warm up, then until both `runs` runs and `seconds` seconds have been measured.
    static Timing of(int warmup, int runs, double seconds, Runnable work) {
        for (int i = 0; i < warmup; i++) work.run();
        double[] all = new double[4096];
        int n = 0;
        double total = 0;
        while (n < runs || (total < seconds && n < all.length)) {
            long start = System.nanoTime();
            work.run();
            all[n] = (System.nanoTime() - start) * 1e-9;
            total += all[n++];
        }
        double[] sorted = Arrays.copyOf(all, n);
        Arrays.sort(sorted);
        return new Timing(sorted[0], sorted[n / 2]);
    }
}
