package dev.gradine.testkit;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Seeded inputs that hold the values kernels get wrong: both zeros, tiny and large magnitudes, ties.
public final class Cases {

    private static final int[] SIZES = {1, 7, 8, 15, 16, 17, 63, 64, 65, 1000};

    private Cases() {}

    /// One below, at and above each vector width, and one long enough for several chunks; for `@MethodSource`.
    public static IntStream sizes() {
        return IntStream.of(SIZES);
    }

    /// `n` values in (−2, 2) with 0, −0, ±1e-30, ±1e4 and a tie strewn in; with fewer than eight values, some of them.
    public static float[] wide(long seed, int n) {
        return values(seed, n, 1e4f);
    }

    /// As `wide`, but no magnitude above 3, for functions that saturate or overflow on large arguments.
    public static float[] mild(long seed, int n) {
        return values(seed, n, 3);
    }

    /// `n` values uniform in (−bound, bound) and nothing special.
    public static float[] plain(long seed, int n, float bound) {
        SplittableRandom rng = new SplittableRandom(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) x[i] = (float) rng.nextDouble(-bound, bound);
        return x;
    }

    /// `n` indices uniform in [0, bound).
    public static int[] indices(long seed, int n, int bound) {
        return new SplittableRandom(seed).ints(n, 0, bound).toArray();
    }

    private static float[] values(long seed, int n, float large) {
        float[] x = plain(seed, n, 2);
        float[] special = {0f, -0f, 1e-30f, -1e-30f, large, -large, 1f, 1f};
        int stride = Math.max(1, n / special.length);
        int first = Math.floorMod((int) seed, special.length);
        for (int i = 0; i < special.length && i * stride < n; i++) {
            x[i * stride] = special[(first + i) % special.length];
        }
        return x;
    }

    /// The same values as double.
    public static double[] doubles(float[] x) {
        double[] d = new double[x.length];
        for (int i = 0; i < x.length; i++) d[i] = x[i];
        return d;
    }

    /// The values rounded to float.
    public static float[] floats(double[] x) {
        float[] f = new float[x.length];
        for (int i = 0; i < x.length; i++) f[i] = (float) x[i];
        return f;
    }
}
