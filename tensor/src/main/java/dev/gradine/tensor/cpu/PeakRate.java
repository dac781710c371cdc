package dev.gradine.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// What this machine can do at most, measured: the rate of a loop of nothing but fused multiply-adds in registers, on
/// all threads. Kernels are quoted as a share of it, since processors differ and neighbours come and go.
public final class PeakRate {

    private static final VectorSpecies<Float> F = Vectors.F;
    private static final int ROUNDS = 2_000_000;
    private static final int CHAINS = 10; // independent sums: enough to hide the latency of two units of four cycles
    private static final int RUNS = 12; // the first few are compiled in

    private PeakRate() {}

    /// The best of several runs, in GFLOP/s, two for each multiply-add and lane.
    public static double gflops() {
        float[] sink = new float[Parallel.THREADS];
        double best = 0;
        for (int run = 0; run < RUNS; run++) {
            long start = System.nanoTime();
            Parallel.forEach(Parallel.THREADS, thread -> sink[thread] = loop(1 + thread * 1e-9f));
            double flop = 2.0 * F.length() * CHAINS * ROUNDS * Parallel.THREADS;
            best = Math.max(best, flop / (System.nanoTime() - start));
        }
        for (float s : sink) if (!Float.isFinite(s)) throw new IllegalStateException("peak rate: a sum is " + s);
        return best;
    }

    /// Ten chains of x ← x · a + b, which stay near 1.
    private static float loop(float start) {
        FloatVector a = FloatVector.broadcast(F, 0.5f);
        FloatVector b = FloatVector.broadcast(F, 0.5f * start);
        FloatVector s0 = b;
        FloatVector s1 = b;
        FloatVector s2 = b;
        FloatVector s3 = b;
        FloatVector s4 = b;
        FloatVector s5 = b;
        FloatVector s6 = b;
        FloatVector s7 = b;
        FloatVector s8 = b;
        FloatVector s9 = b;
        for (int i = 0; i < ROUNDS; i++) {
            s0 = s0.fma(a, b);
            s1 = s1.fma(a, b);
            s2 = s2.fma(a, b);
            s3 = s3.fma(a, b);
            s4 = s4.fma(a, b);
            s5 = s5.fma(a, b);
            s6 = s6.fma(a, b);
            s7 = s7.fma(a, b);
            s8 = s8.fma(a, b);
            s9 = s9.fma(a, b);
        }
        return Vectors.sum(s0.add(s1).add(s2).add(s3).add(s4))
                + Vectors.sum(s5.add(s6).add(s7).add(s8).add(s9));
    }
}
