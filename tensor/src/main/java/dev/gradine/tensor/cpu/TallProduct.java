package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import jdk.incubator.vector.FloatVector;

/// The product of two tall matrices of which one is narrow, as the gradients of an adapter are: `dA = duᵀ x`,
/// `dB = dyᵀ u`.
///
/// ```
/// c[M,N] (+)= alpha · Σ_k a[k,M]ᵀ b[k,N]          M at most NARROW; or c[N,M], the same transposed
/// ```
///
/// Each multiplication pays for hardly any reading, so `b` is read once, row after row as it lies in memory, by parts
/// of `ROWS` rows. A part adds `RUN` rows at a time to sums of its own, tile after tile, which stay in a second-level
/// cache; in the end the parts' sums are added in their order, whatever thread computed them.
final class TallProduct {

    private static final int NARROW = 64;
    private static final int ROWS = 128;
    private static final int RUN = 16; // rows that the hardware prefetches side by side
    private static final int L = MicroKernel.L;
    private static final int WIDTH = MicroKernel.width(1);

    private final PackRows a;
    private final long b;
    private final int k;
    private final int m;
    private final int n;
    private final boolean turned;
    private final boolean accumulate;
    private final long c;
    private final int height;
    private final int padded; // rows of all tiles

    /// @param a `[K,M]`, the narrow one
    /// @param b `[K,N]`
    /// @param turned whether `c` is `[N,M]`
    private TallProduct(Tensor a, Tensor b, float alpha, boolean turned, boolean accumulate, Tensor c) {
        this.a = new PackRows(a, true, alpha);
        this.b = Native.address(b);
        this.k = a.shape().dim(0);
        this.m = a.shape().dim(1);
        this.n = b.shape().dim(1);
        this.turned = turned;
        this.accumulate = accumulate;
        this.c = Native.writable(c);
        this.height = MicroKernel.height(WIDTH, m);
        this.padded = Gemm.roundUp(m, height);
    }

    /// Computes `c (+)= alpha · aᵀ b` if it is such a product.
    ///
    /// @return whether it did
    static boolean run(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        boolean turned = b.shape().dim(1) < a.shape().dim(1);
        Tensor narrow = turned ? b : a;
        Tensor wide = turned ? a : b;
        boolean fits = narrow.shape().dim(1) <= NARROW
                && wide.shape().dim(1) % WIDTH == 0
                && wide.shape().dim(0) >= 2 * ROWS;
        if (fits) new TallProduct(narrow, wide, alpha, turned, accumulate, c).run();
        return fits;
    }

    private void run() {
        int parts = (k + ROWS - 1) / ROWS;
        long sums = Scratch.own().panels((long) parts * padded * n);
        Parallel.forEach(parts, part -> multiply(part * ROWS, sums + 4L * part * padded * n));
        Parallel.forEach(n / WIDTH, j -> add(sums + 4L * j * padded * WIDTH, parts, j * WIDTH));
    }

    /// The product of rows `from …` to `[panel][row of c][column of the panel]`.
    private void multiply(int from, long sums) {
        int rows = Math.min(ROWS, k - from);
        float[] left = Scratch.own().rows(padded * ROWS + L);
        for (int i = 0; i < padded; i += height) a.pack(i, Math.min(height, m - i), height, from, rows, left, i * ROWS);
        for (int p = 0; p < rows; p += RUN) {
            int run = Math.min(RUN, rows - p);
            for (int j = 0; j < n; j += WIDTH) {
                long first = b + 4 * ((long) (from + p) * n + j);
                for (int i = 0; i < padded; i += height) {
                    long to = sums + 4L * ((long) j * padded + (long) i * WIDTH);
                    int at = i * ROWS + p * height;
                    if (WIDTH == L) MicroKernel.narrow(height, left, at, first, 4L * n, run, p > 0, to, 4L * L);
                    else MicroKernel.tile(height, left, at, first, 4L * n, run, p > 0, to, 4L * WIDTH);
                }
            }
        }
    }

    /// Adds up one panel of all parts.
    private void add(long sums, int parts, int j) {
        long apart = (long) padded * n;
        for (int i = 0; i < m; i++) {
            for (int q = 0; q < WIDTH; q += L) {
                FloatVector sum = Vectors.load(sums, (long) i * WIDTH + q);
                for (int part = 1; part < parts; part++) {
                    sum = Vectors.load(sums, part * apart + (long) i * WIDTH + q)
                            .add(sum);
                }
                if (turned) {
                    Vectors.store(sum, sums, (long) i * WIDTH + q);
                } else {
                    long to = (long) i * n + j + q;
                    Vectors.store(accumulate ? sum.add(Vectors.load(c, to)) : sum, c, to);
                }
            }
        }
        if (turned) turn(sums, j);
    }

    private void turn(long sums, int j) {
        for (int q = 0; q < WIDTH; q++) {
            for (int i = 0; i < m; i++) {
                long to = (long) (j + q) * m + i;
                float sum = Vectors.get(sums, (long) i * WIDTH + q);
                Vectors.set(c, to, accumulate ? sum + Vectors.get(c, to) : sum);
            }
        }
    }
}
