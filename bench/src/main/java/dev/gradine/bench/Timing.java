package dev.gradine.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Best and median of several runs, in seconds: the machine is shared, so one run says little.
///
/// @param best shortest
/// @param median of all
public record Timing(double best, double median) {

    private static final int ROUNDS = 10;
    private static final int FEWEST_ROUNDS = 3;
    private static final double SHORT = 0.05; // seconds: a longer run is not spoilt by how it begins

    /// Threads that wait for work keep a core busy for some milliseconds before they sleep.
    private static final long SETTLE_NANOS = 20_000_000;

    /// Runs `work` a few times to warm up, then until both `runs` runs and `seconds` seconds have been measured.
    static Timing of(int warmup, int runs, double seconds, Runnable work) {
        for (int i = 0; i < warmup; i++) work.run();
        Samples samples = new Samples();
        while (samples.n < runs || samples.total < seconds) samples.time(work);
        return samples.timing();
    }

    /// Measures works in turn, in rounds, so that what slows the machine for a while slows all of them.
    ///
    /// @param seconds measured of each at least
    static List<Timing> alternately(double seconds, List<Runnable> works) {
        List<Samples> all = new ArrayList<>();
        for (Runnable work : works) {
            Samples warmup = new Samples();
            while (warmup.n < 2 || warmup.total < seconds / 2) warmup.time(work);
            all.add(new Samples());
        }
        double measured = 0; // of the side that has been measured least
        for (int round = 0; round < FEWEST_ROUNDS || measured < seconds; round++) {
            for (int i = 0; i < works.size(); i++) {
                slice(seconds / ROUNDS, works.get(i), all.get(i), works.size() > 1);
            }
            measured = all.stream().mapToDouble(s -> s.total).min().orElse(seconds);
        }
        return all.stream().map(Samples::timing).toList();
    }

    private static void slice(double seconds, Runnable work, Samples samples, boolean settle) {
        if (settle) {
            LockSupport.parkNanos(SETTLE_NANOS);
            if (samples.n == 0 || samples.last() < SHORT) work.run(); // finds its threads and its data again
        }
        double until = samples.total + seconds;
        do samples.time(work);
        while (samples.total < until);
    }

    private static final class Samples {
        private double[] seconds = new double[4096];
        private int n;
        private double total;

        void time(Runnable work) {
            if (n == seconds.length) seconds = Arrays.copyOf(seconds, 2 * n);
            long start = System.nanoTime();
            work.run();
            seconds[n] = (System.nanoTime() - start) * 1e-9;
            total += seconds[n++];
        }

        double last() {
            return seconds[n - 1];
        }

        Timing timing() {
            double[] sorted = Arrays.copyOf(seconds, n);
            Arrays.sort(sorted);
            return new Timing(sorted[0], sorted[n / 2]);
        }
    }
}
