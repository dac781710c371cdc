package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Gemm.Form;
import jdk.incubator.vector.FloatVector;

/// A product of which one side has few rows, or few columns: these few are turned, so that they fill the lanes of
/// vectors, and the many of the other side are read value by value, as they lie.
///
/// ```
/// c[M,N] (+)= alpha · a[M,K] · b[N,K]ᵀ     few rows of a, and b of any real type
/// c[M,N] (+)= alpha · a[M,K] · B           few columns: b[N,K] or b[K,N], f32
///
/// turn the few, once:                      panels [group of lanes][K][lanes]
/// for tiles of the many:                   some for each thread
///   for runs of K:                         decode these rows, one after the other
///     for each group of lanes:             t ← t + products, in registers (FewRowsTile)
///   bring t to c
/// ```
///
/// `Gemm` turns both sides; where one has few rows, turning the other costs more than the product. Each sum has its
/// terms in the same order, so the bits are the same.
final class FewRows {

    private static final int L = FewRowsTile.L;
    private static final int RUN = FewRowsTile.RUN;
    private static final int MOST_ROWS = 192;
    private static final int MOST_COLUMNS = 2 * L;
    private static final int LEAST_K = 64; // with fewer terms, bringing tiles to c, across its rows, takes too long
    private static final int BLOCK = 48; // rows of the many, whole tiles: c is written by whole cache lines
    private static final int PARTS = 8 * Parallel.THREADS; // small ones even out what threads wait for each other

    private final PackRows few;
    private final int lanesUsed;
    private final RealValues many;
    private final int rows; // of the many
    private final int k;
    private final float scale; // of the many
    private final long c;
    private final boolean columns; // whether the few are columns of c
    private final boolean accumulate;
    private final int vectors;
    private final int height; // of the many, in a tile
    private final int lanes; // of the few, in a tile
    private final int groups; // tiles beside each other

    private FewRows(PackRows few, Tensor many, float scale, boolean columns, boolean accumulate, Tensor c) {
        this.few = few;
        this.many = RealValues.of(many);
        this.rows = many.shape().dim(0);
        this.k = many.shape().dim(1);
        this.scale = scale;
        this.c = Native.writable(c);
        this.columns = columns;
        this.accumulate = accumulate;
        this.lanesUsed = c.shape().dim(columns ? 1 : 0);
        this.vectors = FewRowsTile.vectors(lanesUsed);
        this.height = FewRowsTile.height(vectors);
        this.lanes = vectors * L;
        this.groups = Math.ceilDiv(lanesUsed, lanes);
    }

    /// Whether few rows make this the faster way for a product NT.
    static boolean hasFewRows(Tensor a) {
        int m = a.shape().dim(0);
        return m <= MOST_ROWS && a.shape().dim(1) >= Math.max(LEAST_K, 2 * m);
    }

    /// Computes `c (+)= alpha · a · B` if it is such a product.
    ///
    /// @param form NT or NN
    /// @return whether it did
    static boolean run(Form form, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        if (c.shape().dim(1) <= MOST_COLUMNS && a.shape().dim(0) >= c.shape().dim(1) && b.dtype() == DType.F32) {
            new FewRows(new PackRows(b, form == Form.NN, 1), a, alpha, true, accumulate, c).run();
            return true;
        }
        if (form != Form.NT || !hasFewRows(a)) return false;
        new FewRows(new PackRows(a, false, alpha), b, 1, false, accumulate, c).run();
        return true;
    }

    private void run() {
        if (rows == 0 || lanesUsed == 0) return;
        long panels = Scratch.own().panels((long) groups * lanes * k);
        boolean parallel = 2L * rows * lanesUsed * k >= Gemm.SERIAL_FLOPS;
        int runs = Math.ceilDiv(k, RUN);
        Gemm.each(groups * vectors * runs, i -> turn(i / runs, i % runs * RUN, panels), parallel);
        int blocks = Math.ceilDiv(rows, BLOCK);
        int parts = parallel ? Math.min(blocks, PARTS) : 1;
        Parallel.Part part = i -> {
            int from = (int) ((long) blocks * i / parts) * BLOCK;
            int to = Math.min(rows, (int) ((long) blocks * (i + 1) / parts) * BLOCK);
            for (int j = from; j < to; j += BLOCK) block(panels, j, Math.min(BLOCK, to - j));
        };
        Gemm.each(parts, part, parallel);
    }

    /// Writes a run of K of vector `v` of the few to its panel; what stands for rows beyond the last is never used.
    private void turn(int v, int p, long panels) {
        int h = Math.clamp(lanesUsed - v * L, 0, L);
        if (h == 0) return;
        float[] turned = Scratch.own().rows(RUN * L + L);
        int kc = Math.min(RUN, k - p);
        few.pack(v * L, h, L, p, kc, turned, 0);
        long panel = panels + 4L * (v / vectors) * k * lanes + 4L * (v % vectors) * L;
        for (int q = 0; q < kc; q++) {
            Vectors.store(FloatVector.fromArray(FewRowsTile.S, turned, q * L), panel, (long) (p + q) * lanes);
        }
    }

    /// Rows `j … j + count` of the many.
    private void block(long panels, int j, int count) {
        boolean straight = columns && lanesUsed == lanes && count % height == 0;
        long tiles = straight ? c + 4L * j * lanes : Scratch.own().ownPanels((long) groups * BLOCK * lanes);
        if (accumulate && !straight) exchange(tiles, j, count, true);
        for (int i = 0; i < count; i += height) {
            tiles(panels, j + i, Math.min(height, count - i), tiles + 4L * i * lanes);
        }
        if (!straight) exchange(tiles, j, count, false);
    }

    /// All tiles of rows `j … j + count` of the many, for one group of lanes after the other.
    private void tiles(long panels, int j, int count, long tiles) {
        float[] decoded = Scratch.own().rows(FewRowsTile.TALLEST * FewRowsTile.ROW);
        for (int p = 0; p < k; p += RUN) {
            int kc = Math.min(RUN, k - p);
            for (int i = 0; i < count; i++) read(j + i, p, kc, decoded, i * FewRowsTile.ROW);
            for (int g = 0; g < groups; g++) {
                long panel = panels + 4L * lanes * ((long) g * k + p);
                long tile = tiles + 4L * g * BLOCK * lanes;
                FewRowsTile.multiply(vectors, decoded, panel, kc, accumulate || p > 0, tile);
            }
        }
    }

    private void read(int row, int p, int kc, float[] to, int at) {
        many.read((long) row * k + p, kc, to, at);
        if (scale == 1) return;
        for (int q = 0; q < kc; q += L) {
            FloatVector.fromArray(FewRowsTile.S, to, at + q).mul(scale).intoArray(to, at + q);
        }
    }

    /// Brings what belongs to rows `j … j + count` of the many from c to the tiles, or back.
    private void exchange(long tiles, int j, int count, boolean read) {
        long nextLane = columns ? 1 : rows;
        long nextRow = columns ? lanesUsed : 1;
        for (int i = 0; i < lanesUsed; i++) {
            long lane = (long) i / lanes * BLOCK * lanes + i % lanes;
            for (int q = 0; q < count; q++) {
                long there = nextLane * i + nextRow * (j + q);
                if (read) Vectors.set(tiles, lane + (long) q * lanes, Vectors.get(c, there));
                else Vectors.set(c, there, Vectors.get(tiles, lane + (long) q * lanes));
            }
        }
    }
}
