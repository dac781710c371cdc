package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import jdk.incubator.vector.FloatVector;

/// `c[M,N] (+)= alpha · a[M,K] · b[N,K]ᵀ` for few rows, as generating many answers side by side has them.
///
/// ```
/// turn alpha · a, once:              panels [group of rows][K][rows of the group]
/// for tiles of columns of c:         some for each thread
///   for runs of K:                   decode these rows of b, one after the other
///     for each group of rows of a:   t ← t + products, in registers (FewRowsTile)
///   write tᵀ to c
/// ```
///
/// `Gemm` turns b, so that its columns lie side by side; for few rows that costs more than the product. Here the rows
/// of a lie side by side, and b is read as it lies. Each sum has its terms in the same order, so the bits are the same.
final class FewRows {

    /// Rows of `a` up to which this is the faster way.
    static final int MOST_ROWS = 192;

    private static final int L = FewRowsTile.L;
    private static final int RUN = FewRowsTile.RUN;
    private static final int PARTS = 4 * Parallel.THREADS;

    private final Tensor a;
    private final RealValues b;
    private final float alpha;
    private final boolean accumulate;
    private final long c;
    private final int m;
    private final int n;
    private final int k;
    private final int vectors;
    private final int height; // columns of c in a tile
    private final int lanes; // rows of a tile
    private final int groups; // tiles above each other

    FewRows(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        this.a = a;
        this.b = RealValues.of(b);
        this.alpha = alpha;
        this.accumulate = accumulate;
        this.c = Native.writable(c);
        this.m = c.shape().dim(0);
        this.n = c.shape().dim(1);
        this.k = a.shape().dim(1);
        this.vectors = FewRowsTile.vectors(m);
        this.height = FewRowsTile.height(vectors);
        this.lanes = vectors * L;
        this.groups = Math.ceilDiv(m, lanes);
    }

    void run() {
        if (m == 0 || n == 0) return;
        long panels = Scratch.own().panels((long) groups * lanes * k);
        boolean parallel = 2L * m * n * k >= Gemm.SERIAL_FLOPS;
        int runs = Math.ceilDiv(k, RUN);
        PackRows rows = new PackRows(a, false, alpha);
        Gemm.each(groups * vectors * runs, i -> turn(rows, i / runs, i % runs * RUN, panels), parallel);
        int tiles = Math.ceilDiv(n, height);
        int parts = parallel ? Math.min(tiles, PARTS) : 1;
        Parallel.Part part = i -> {
            int from = (int) ((long) tiles * i / parts) * height;
            int to = Math.min(n, (int) ((long) tiles * (i + 1) / parts) * height);
            for (int j = from; j < to; j += height) columns(panels, j, Math.min(height, to - j));
        };
        Gemm.each(parts, part, parallel);
    }

    /// Writes a run of K of `L` rows of `alpha · a` to their panel; what stands for rows beyond the last is never used.
    private void turn(PackRows rows, int v, int p, long panels) {
        int h = Math.clamp(m - v * L, 0, L);
        if (h == 0) return;
        float[] turned = Scratch.own().rows(RUN * L + L);
        int kc = Math.min(RUN, k - p);
        rows.pack(v * L, h, L, p, kc, turned, 0);
        long panel = panels + 4L * (v / vectors) * k * lanes + 4L * (v % vectors) * L;
        for (int q = 0; q < kc; q++) {
            Vectors.store(FloatVector.fromArray(FewRowsTile.S, turned, q * L), panel, (long) (p + q) * lanes);
        }
    }

    /// Columns `j … j + count` of c.
    private void columns(long panels, int j, int count) {
        Scratch own = Scratch.own();
        float[] decoded = own.rows(FewRowsTile.TALLEST * FewRowsTile.ROW);
        long tiles = own.ownPanels((long) groups * height * lanes);
        if (accumulate) exchange(tiles, j, count, true);
        for (int p = 0; p < k; p += RUN) {
            int kc = Math.min(RUN, k - p);
            for (int i = 0; i < count; i++) b.read((long) (j + i) * k + p, kc, decoded, i * FewRowsTile.ROW);
            for (int g = 0; g < groups; g++) {
                long panel = panels + 4L * lanes * ((long) g * k + p);
                long tile = tiles + 4L * g * height * lanes;
                FewRowsTile.multiply(vectors, decoded, 0, panel, kc, accumulate || p > 0, tile);
            }
        }
        exchange(tiles, j, count, false);
    }

    /// Brings columns `j … j + count` of c to the tiles, or back.
    private void exchange(long tiles, int j, int count, boolean read) {
        for (int i = 0; i < m; i++) {
            long row = (long) i * n + j;
            long lane = (long) i / lanes * height * lanes + i % lanes;
            for (int q = 0; q < count; q++) {
                if (read) Vectors.set(tiles, lane + (long) q * lanes, Vectors.get(c, row + q));
                else Vectors.set(c, row + q, Vectors.get(tiles, lane + (long) q * lanes));
            }
        }
    }
}
