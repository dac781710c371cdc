package dev.gradine.bench;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.PeakRate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// One run of the bench: measures works one after the other and hands on a row for each.
public final class Session {

    private static final double SECONDS = 1; // of each side of a row: a hundred runs of most works

    /// What holds a work back, and so what its rate is a share of.
    private enum Bound {
        ARITHMETIC("GFLOP/s"),
        MEMORY("GB/s");

        private final String unit;

        Bound(String unit) {
            this.unit = unit;
        }
    }

    private final Kernels run;
    private final List<Peer> peers;
    private final Choice choice;
    private final Consumer<Measured> out;
    private final int threads;
    private double peak; // GFLOP/s; 0 until it is measured

    /// @param peers whom each work is compared with: one or none
    /// @param out told each row as it is measured
    public Session(Kernels run, List<Peer> peers, Choice choice, Consumer<Measured> out) {
        this(run, peers, choice, out, CpuKernels.threads());
    }

    private Session(Kernels run, List<Peer> peers, Choice choice, Consumer<Measured> out, int threads) {
        this.run = run;
        this.peers = peers;
        this.choice = choice;
        this.out = out;
        this.threads = threads;
        for (Peer p : peers) p.threads(threads);
    }

    /// Measured before the first work that is a share of it.
    private double peak() {
        if (peak > 0) return peak;
        peak = PeakRate.gflops();
        out.accept(new Measured(named("multiply-adds in registers: the peak"), "GFLOP/s", peak, peak, 100));
        return peak;
    }

    /// Measured again behind each work: what other programs take of the machine changes, and a work done in a quiet
    /// second must not be a share of a peak that was measured in a busy one.
    private double higherPeak() {
        peak = Math.max(peak, PeakRate.gflops());
        return peak;
    }

    /// The same with one thread on both sides; on a machine with one core there is nothing to add.
    public void onOneThread(Consumer<Session> works) {
        if (CpuKernels.threads() == 1) return;
        CpuKernels.onOneThread(() -> works.accept(new Session(run, peers, choice, out, 1)));
        for (Peer p : peers) p.threads(threads);
    }

    private String named(String work) {
        return threads == CpuKernels.threads() ? work : work + ", 1 thread";
    }

    /// Measures arithmetic, as a share of the machine's peak rate.
    ///
    /// @param gflop the least that the work takes, in 10⁹ multiplications and additions
    /// @param setUp makes it ready in the lifetime given
    void arithmetic(String work, double gflop, Function<Kernels, Contest> setUp) {
        measure(named(work), Bound.ARITHMETIC, gflop, setUp);
    }

    /// Measures work that is bound by memory.
    ///
    /// @param gigabytes the least that has to be read and written, in 10⁹ bytes
    /// @param setUp makes it ready in the lifetime given
    void traffic(String work, double gigabytes, Function<Kernels, Contest> setUp) {
        measure(named(work), Bound.MEMORY, gigabytes, setUp);
    }

    private void measure(String work, Bound bound, double amount, Function<Kernels, Contest> setUp) {
        if (!choice.wants(work)) return;
        double rate = bound == Bound.ARITHMETIC ? peak() : 0; // of memory none is measured
        List<Peer.Job> jobs = new ArrayList<>();
        try (Kernels k = run.openStep()) {
            Contest contest = setUp.apply(k);
            List<Runnable> sides = new ArrayList<>(List.of(contest.ours()));
            float[] result = contest.result();
            for (Peer peer : peers) {
                Peer.Job job = contest.theirs().apply(peer);
                jobs.add(job);
                Contest.requireSame(work, result, job.result());
                sides.add(job::run);
            }
            List<Timing> timings = Timing.alternately(choice.seconds(SECONDS), sides);
            if (rate > 0) rate = higherPeak();
            out.accept(Measured.of(work, bound.unit, amount, timings, rate));
        } finally {
            jobs.forEach(Peer.Job::close);
        }
    }
}
