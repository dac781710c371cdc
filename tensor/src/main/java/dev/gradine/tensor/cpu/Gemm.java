package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One product `c[M,N] (+)= alpha · A · B` by blocks, for many rows.
///
/// ```
/// for stages of B, about 4 MB each:          pack them into panels, all threads together
///   for blocks of up to MC rows of c, each on a thread:
///     for groups of K, at most GROUP:          copy the block's rows of alpha · A
///       for each panel, for each run of K:   the part of the panel stays in the first-level cache
///         for each tile:                     c ← c + products, in registers (MicroKernel)
/// ```
///
/// Where one block holds all rows, each thread packs the columns it needs itself and nobody waits. The scheme is that
/// of
/// Goto & van de Geijn 2008 (Anatomy of high-performance matrix multiplication), except that
/// A goes to an array, where a scalar is read without bounds checks.
final class Gemm {

    /// How the operands lie in memory; the capital is the logical `A[M,K] · B[K,N]`.
    enum Form {
        /// `a[M,K]`, `b[N,K]`.
        NT,
        /// `a[M,K]`, `b[K,N]`.
        NN,
        /// `a[K,M]`, `b[K,N]`.
        TN
    }

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final int L = MicroKernel.L;
    private static final int GROUP = 848; // the most of K that a block of A holds
    static final int MC = 192; // rows of a block of c: its A, up to 650 KB, stays in a second-level cache
    private static final int PACKED = 1 << 20; // values of a stage: 4 MB
    private static final int PRIVATE = 1 << 17; // values that a thread packs for itself at once: 512 KB
    private static final int SKINNY = 64; // up to so many columns, a TN product is computed transposed
    private static final int BLOCK = 32; // runs and stages begin where a block of a quantised type does
    private static final long SERIAL_FLOPS = 2_000_000; // about 15 µs: waking a thread costs as much

    private final long c;
    private final int m;
    private final int n;
    private final int k;
    private final boolean accumulate;
    private final boolean swapped; // c is written transposed: this computes cᵀ
    private final int width; // columns of a panel
    private final int unit; // columns that begin a stage: whole panels and whole blocks
    private final PackRows rows;
    private final Pack pack;
    private final int run; // values of K in a run
    private final int group; // values of K in a group: whole runs

    Gemm(Form form, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        this.swapped =
                form == Form.TN && c.shape().dim(1) < Math.min(SKINNY, c.shape().dim(0));
        this.c = Native.writable(c);
        this.m = c.shape().dim(swapped ? 1 : 0);
        this.n = c.shape().dim(swapped ? 0 : 1);
        this.k = a.shape().dim(form == Form.TN ? 0 : 1);
        this.accumulate = accumulate;
        this.width = MicroKernel.width(n);
        this.unit = Math.max(width, BLOCK);
        this.rows = new PackRows(swapped ? b : a, form == Form.TN, alpha);
        this.pack = new Pack(swapped ? a : b, form == Form.NT, n, k, width);
        int runs = (k + MicroKernel.RUN - 1) / MicroKernel.RUN;
        this.run = roundUp((k + runs - 1) / runs, BLOCK);
        this.group = GROUP / run * run;
    }

    void run() {
        run(2L * m * n * k >= SERIAL_FLOPS);
    }

    /// @param parallel whether all threads work; the result is the same
    void run(boolean parallel) {
        if (m == 0 || n == 0) return;
        if (m <= MC) alone(parallel);
        else together(parallel);
    }

    private void together(boolean parallel) {
        int depth = Math.min(k, Math.max(1, PACKED / Math.min(roundUp(n, width), PACKED / group) / group) * group);
        int columns = Math.min(roundUp(n, width), Math.max(1, PACKED / depth / unit) * unit);
        long panels = Scratch.own().panels((long) columns * depth);
        for (int j = 0; j < n; j += columns) {
            for (int p = 0; p < k; p += depth) {
                Stage s = new Stage(panels, j, Math.min(n, j + columns), p, Math.min(k, p + depth));
                each(pack.parts(s), i -> pack.part(s, i), parallel);
                blocks(s, parallel);
            }
        }
    }

    private void blocks(Stage s, boolean parallel) {
        int height = MicroKernel.height(width, MC);
        int tiles = (m + height - 1) / height;
        int rowBlocks = roundUp((tiles + MC / height - 1) / (MC / height), Parallel.THREADS);
        rowBlocks = Math.min(rowBlocks, tiles);
        int wanted = (2 * Parallel.THREADS + rowBlocks - 1) / rowBlocks; // two blocks a thread: enough to even out
        int wide = roundUp((s.to - s.from + wanted - 1) / wanted, width);
        int pieces = (s.to - s.from + wide - 1) / wide;
        int blocks = rowBlocks;
        Parallel.Part part = i -> {
            int b = i % blocks;
            int from = (int) ((long) tiles * b / blocks) * height;
            int to = Math.min(m, (int) ((long) tiles * (b + 1) / blocks) * height);
            int j = s.from + i / blocks * wide;
            block(s, from, to, j, Math.min(s.to, j + wide), c, 4L * n);
        };
        each(blocks * pieces, part, parallel);
    }

    private static void each(int n, Parallel.Part part, boolean parallel) {
        if (parallel) {
            Parallel.forEach(n, part);
        } else {
            for (int i = 0; i < n; i++) part.run(i);
        }
    }

    /// Every part has all rows and some columns, and packs them itself.
    private void alone(boolean parallel) {
        int units = (n + unit - 1) / unit;
        int parts = parallel ? Math.min(units, 2 * Parallel.THREADS) : 1;
        Parallel.Part part = i -> {
            int from = (int) ((long) units * i / parts) * unit;
            int to = Math.min(n, (int) ((long) units * (i + 1) / parts) * unit);
            columns(from, to);
        };
        each(parts, part, parallel);
    }

    private void columns(int from, int to) {
        int depth = Math.min(k, group);
        int columns = Math.max(1, PRIVATE / depth / unit) * unit;
        long panels = Scratch.own().ownPanels((long) columns * depth);
        for (int j = from; j < to; j += columns) {
            int end = Math.min(to, j + columns);
            int padded = roundUp(end - j, width);
            long target = swapped ? Scratch.own().swapped((long) m * padded) : c + 4L * j;
            if (swapped && accumulate) turn(target, padded, j, end, true);
            for (int p = 0; p < k; p += depth) {
                Stage s = new Stage(panels, j, end, p, Math.min(k, p + depth));
                for (int i = 0; i < pack.parts(s); i++) pack.part(s, i);
                if (swapped) block(s, 0, m, j, end, target - 4L * j, 4L * padded);
                else block(s, 0, m, j, end, c, 4L * n);
            }
            if (swapped) turn(target, padded, j, end, false);
        }
    }

    /// Brings columns `from … to` of what is computed from or to `c`, which lies transposed.
    private void turn(long target, int ld, int from, int to, boolean read) {
        for (int j = from; j < to; j++) {
            for (int i = 0; i < m; i++) {
                long there = c + 4L * ((long) j * m + i);
                long here = target + 4L * ((long) i * ld + j - from);
                if (read) MEMORY.set(F32, here, MEMORY.get(F32, there));
                else MEMORY.set(F32, there, MEMORY.get(F32, here));
            }
        }
    }

    /// Rows `i0 … i1` and columns `j0 … j1`, from the panels of stage `s`.
    ///
    /// @param to address of row 0, column 0
    /// @param ld bytes from row to row
    private void block(Stage s, int i0, int i1, int j0, int j1, long to, long ld) {
        float[] left = Scratch.own().left((MC + MicroKernel.TALLEST) * GROUP + L);
        for (int p = s.p0; p < s.p1; p += group) {
            Rows a = new Rows(left, i1 - i0, Math.min(s.p1 - p, group));
            pack(a, i0, p);
            for (int j = j0; j < j1; j += width) {
                int w = Math.min(width, j1 - j);
                for (int q = 0; q < a.depth; q += run) {
                    boolean add = p + q > 0 || accumulate;
                    tiles(a, q, Math.min(run, a.depth - q), s.at(j, p + q, width), w, add, to + ld * i0 + 4L * j, ld);
                }
            }
        }
    }

    private void pack(Rows a, int i0, int p) {
        for (int i = 0, height; i < a.count; i += height) {
            height = MicroKernel.height(width, a.count - i);
            rows.pack(i0 + i, Math.min(height, a.count - i), height, p, a.depth, a.values, i * a.depth);
        }
    }

    /// A block of A: tile after tile `[depth][rows of the tile]`.
    private static final class Rows {
        final float[] values;
        final int count;
        final int depth;

        Rows(float[] values, int count, int depth) {
            this.values = values;
            this.count = count;
            this.depth = depth;
        }
    }

    /// All tiles of one panel.
    ///
    /// @param a where the run begins in the first tile's rows, the run's first value of K
    private void tiles(Rows a, int q, int kc, long panel, int w, boolean add, long to, long ld) {
        for (int i = 0, height; i < a.count; i += height) {
            height = MicroKernel.height(width, a.count - i);
            int h = Math.min(height, a.count - i);
            int at = i * a.depth + q * height;
            long c = to + ld * i;
            if (h == height && w == width) {
                MicroKernel.tile(height, width, a.values, at, panel, kc, add ? c : Scratch.ZEROS, add ? ld : 0, c, ld);
            } else {
                long tile = Scratch.own().tile();
                long row = 4L * width;
                if (add) copy(c, ld, tile, row, h, w);
                long from = add ? tile : Scratch.ZEROS;
                MicroKernel.tile(height, width, a.values, at, panel, kc, from, add ? row : 0, tile, row);
                copy(tile, row, c, ld, h, w);
            }
        }
    }

    private static void copy(long from, long fromLd, long to, long toLd, int h, int w) {
        for (int r = 0; r < h; r++) {
            MemorySegment.copy(MEMORY, from + fromLd * r, MEMORY, to + toLd * r, 4L * w);
        }
    }

    static int roundUp(int x, int step) {
        return (x + step - 1) / step * step;
    }

    /// Panels of columns `from … to` and rows `p0 … p1` of B.
    record Stage(long panels, int from, int to, int p0, int p1) {

        int depth() {
            return p1 - p0;
        }

        /// Address of row `p` in the panel that begins with column `j`.
        long at(int j, int p, int width) {
            return panels + 4L * ((long) (j - from) * depth() + (long) (p - p0) * width);
        }
    }
}
