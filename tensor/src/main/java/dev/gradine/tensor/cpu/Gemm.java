package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.GemmTerm.Rows;
import dev.gradine.tensor.cpu.GemmTerm.Stage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// One product `c[M,N] (+)= alpha · A · B` by blocks, for many rows.
///
/// ```
/// for stages of B, about 4 MB each:          pack them into panels, all threads together
///   for blocks of up to MC rows of c, each on a thread:
///     for groups of K, at most GROUP:        pack the block's rows of alpha · A
///       alongside:                           the same rows times a narrow B, if asked for
///       for each panel, for each run of K:   the part of the panel stays in the first-level cache
///         for each tile:                     c ← c + products, in registers (MicroKernel)
/// ```
///
/// Where one block holds all rows, each thread packs the columns it needs itself and nobody waits. The scheme is
/// that of Goto & van de Geijn 2008 (Anatomy of high-performance matrix multiplication), except that A goes to an
/// array, where a scalar is read without bounds checks.
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
    private static final int MC = 192; // rows of a block of c: its A, up to 650 KB, stays in a second-level cache
    private static final int PACKED = 1 << 20; // values of a stage: 4 MB
    private static final int PRIVATE = 1 << 17; // values that a thread packs for itself at once: 512 KB
    private static final int SKINNY = 64; // up to so many columns, a TN product is computed transposed

    /// Work up to which one thread does it alone.
    static final long SERIAL_FLOPS = 2_000_000; // about 15 µs: waking a thread costs as much

    private final long c;
    private final int m;
    private final int n;
    private final boolean accumulate;
    private final boolean swapped; // c is written transposed: this computes cᵀ
    private final GemmTerm main;
    private @Nullable GemmTerm second;
    private @Nullable GemmTerm narrow;
    private long u;
    private float scale;

    Gemm(Form form, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        this.swapped =
                form == Form.TN && c.shape().dim(1) < Math.min(SKINNY, c.shape().dim(0));
        this.c = Native.writable(c);
        this.m = c.shape().dim(swapped ? 1 : 0);
        this.n = c.shape().dim(swapped ? 0 : 1);
        this.accumulate = accumulate;
        this.main = new GemmTerm(form, swapped ? b : a, swapped ? a : b, alpha, m, n);
    }

    /// Adds a second product to the same `c`, tile by tile while it is at hand. Its K fits one block of A.
    Gemm plus(Form form, Tensor a, Tensor b, float alpha) {
        second = new GemmTerm(form, a, b, alpha, Integer.MAX_VALUE, n);
        return this;
    }

    /// Computes `u = scale · A · B` as well, from the same rows of A, before the second product reads it.
    ///
    /// @return false, and nothing changes, where each thread has columns of its own instead of rows
    boolean alongside(Form form, Tensor a, Tensor b, float scale, Tensor u) {
        if (m <= MC || pieces() > 1 || main.width < MicroKernel.WIDEST) return false;
        narrow = new GemmTerm(form, a, b, 1, Integer.MAX_VALUE, u.shape().dim(1));
        this.u = Native.writable(u);
        this.scale = scale;
        return true;
    }

    void run() {
        run(2L * m * n * main.k >= SERIAL_FLOPS);
    }

    /// @param parallel whether all threads work; the result is the same
    void run(boolean parallel) {
        if (m == 0 || n == 0) return;
        if (m <= MC) alone(parallel);
        else together(parallel);
    }

    private void together(boolean parallel) {
        int k = main.k;
        int padded = roundUp(n, main.width);
        int depth = Math.min(k, Math.max(1, PACKED / Math.min(padded, PACKED / main.group) / main.group) * main.group);
        int columns = Math.min(padded, Math.max(1, PACKED / depth / main.unit) * main.unit);
        Scratch own = Scratch.own();
        long panels = own.panels((long) columns * depth);
        Stage beside = null;
        if (narrow != null) {
            beside = narrow.stage(own.narrowPanels((long) roundUp(narrow.n, narrow.width) * k), 0, narrow.n, 0, k);
            pack(narrow, beside, parallel);
        }
        for (int j = 0; j < n; j += columns) {
            int end = Math.min(n, j + columns);
            Stage last = null;
            if (second != null) {
                last = second.stage(own.morePanels((long) columns * second.k), j, end, 0, second.k);
                pack(second, last, parallel);
            }
            for (int p = 0; p < k; p += depth) {
                Stage s = main.stage(panels, j, end, p, depth);
                pack(main, s, parallel);
                blocks(s, s.p1() == k ? last : null, j == 0 ? beside : null, parallel);
            }
        }
    }

    private static void pack(GemmTerm term, Stage s, boolean parallel) {
        each(term.parts(s), i -> term.pack(s, i), parallel);
    }

    private int tiles() {
        int height = MicroKernel.height(main.width, MC);
        return (m + height - 1) / height;
    }

    private int blocks() {
        int high = MC / MicroKernel.height(main.width, MC);
        return Math.min(tiles(), roundUp((tiles() + high - 1) / high, Parallel.THREADS));
    }

    /// Two blocks a thread are enough to even out.
    private int pieces() {
        return (2 * Parallel.THREADS + blocks() - 1) / blocks();
    }

    private void blocks(Stage s, @Nullable Stage last, @Nullable Stage beside, boolean parallel) {
        int height = MicroKernel.height(main.width, MC);
        int tiles = tiles();
        int blocks = blocks();
        int pieces = pieces();
        int wide = roundUp((s.to() - s.from() + pieces - 1) / pieces, main.width);
        Parallel.Part part = i -> {
            int b = i % blocks;
            int from = (int) ((long) tiles * b / blocks) * height;
            int to = Math.min(m, (int) ((long) tiles * (b + 1) / blocks) * height);
            int j = s.from() + i / blocks * wide;
            block(new Block(from, to - from, j, Math.min(s.to(), j + wide), c, 4L * n), s, last, beside);
        };
        each(blocks * ((s.to() - s.from() + wide - 1) / wide), part, parallel);
    }

    /// Runs `part` for every index below `n`, by all threads or by this one.
    static void each(int n, Parallel.Part part, boolean parallel) {
        if (parallel) {
            Parallel.forEach(n, part);
        } else {
            for (int i = 0; i < n; i++) part.run(i);
        }
    }

    /// Every part has all rows and some columns, and packs them itself.
    private void alone(boolean parallel) {
        int units = (n + main.unit - 1) / main.unit;
        int parts = parallel ? Math.min(units, 2 * Parallel.THREADS) : 1;
        Parallel.Part part = i -> {
            int from = (int) ((long) units * i / parts) * main.unit;
            int to = Math.min(n, (int) ((long) units * (i + 1) / parts) * main.unit);
            columns(from, to);
        };
        each(parts, part, parallel);
    }

    private void columns(int from, int to) {
        int depth = Math.min(main.k, main.group);
        int columns = Math.max(1, PRIVATE / depth / main.unit) * main.unit;
        Scratch own = Scratch.own();
        long panels = own.ownPanels((long) columns * depth);
        for (int j = from; j < to; j += columns) {
            int end = Math.min(to, j + columns);
            Stage last = null;
            if (second != null) {
                last = second.stage(own.morePanels((long) columns * second.k), j, end, 0, second.k);
                second.pack(last);
            }
            int ld = swapped ? roundUp(end - j, main.width) : n;
            long target = swapped ? own.swapped((long) m * ld) - 4L * j : c;
            if (swapped && accumulate) turn(target, ld, j, end, true);
            Block b = new Block(0, m, j, end, target, 4L * ld);
            for (int p = 0; p < main.k; p += depth) {
                Stage s = main.stage(panels, j, end, p, depth);
                main.pack(s);
                block(b, s, s.p1() == main.k ? last : null, null);
            }
            if (swapped) turn(target, ld, j, end, false);
        }
    }

    /// Brings columns `from … to` of what is computed from or to `c`, which lies transposed.
    ///
    /// @param target address of row 0, column 0, if it existed
    private void turn(long target, int ld, int from, int to, boolean read) {
        for (int j = from; j < to; j++) {
            for (int i = 0; i < m; i++) {
                long there = c + 4L * ((long) j * m + i);
                long here = target + 4L * ((long) i * ld + j);
                if (read) MEMORY.set(F32, here, MEMORY.get(F32, there));
                else MEMORY.set(F32, there, MEMORY.get(F32, here));
            }
        }
    }

    /// Some rows and columns of what is computed.
    ///
    /// @param c address of row 0, column 0
    /// @param ld bytes from row to row
    private record Block(int row, int rows, int from, int to, long c, long ld) {}

    /// Adds the products of stage `s`, then those of the second term if `last` holds its panels.
    private void block(Block b, Stage s, @Nullable Stage last, @Nullable Stage beside) {
        Rows left = Scratch.own().left();
        Rows more = Scratch.own().moreLeft();
        for (int p = s.p0(); p < s.p1(); p += left.depth()) {
            main.pack(left, b.row, b.rows, p, s.p1());
            boolean ends = p + left.depth() == s.p1();
            if (beside != null) narrow(b, left, beside, p > 0, ends);
            if (ends && last != null && second != null) second.pack(more, b.row, b.rows, 0, second.k);
            boolean add = p > 0 || accumulate;
            if (s.asItLies()) across(b, left, s, add);
            for (int j = b.from; j < b.to; j += main.width) {
                if (!s.asItLies()) panel(b, left, s, j, add);
                if (ends && last != null) panel(b, more, last, j, true);
            }
        }
    }

    /// The rows of `u` that belong to a block.
    private void narrow(Block b, Rows a, Stage s, boolean add, boolean ends) {
        Block to = new Block(b.row, b.rows, 0, s.to(), u, 4L * s.to());
        for (int j = 0; j < s.to(); j += s.width()) panel(to, a, s, j, add);
        long rows = u + 4L * b.row * s.to();
        if (ends && scale != 1) ElementwiseCpu.scale(rows, scale, rows, 0, b.rows * s.to());
    }

    /// All panels for one run of K after the other: rows of B that are not packed are far apart, and read once.
    private void across(Block b, Rows a, Stage s, boolean add) {
        for (int q = 0; q < a.depth(); q += a.run()) {
            for (int j = b.from; j < b.to; j += main.width) tiles(b, a, s, j, q, add || q > 0);
        }
    }

    private void panel(Block b, Rows a, Stage s, int j, boolean add) {
        for (int q = 0; q < a.depth(); q += a.run()) tiles(b, a, s, j, q, add || q > 0);
    }

    /// All tiles of a panel, over the run of K that begins with value `q` of the block of A.
    private void tiles(Block b, Rows a, Stage s, int j, int q, boolean add) {
        int width = s.width();
        int w = Math.min(width, b.to - j);
        int kc = Math.min(a.run(), a.depth() - q);
        long panel = s.at(j, a.from() + q);
        for (int i = 0, height; i < b.rows; i += height) {
            height = MicroKernel.height(main.width, b.rows - i);
            int h = Math.min(height, b.rows - i);
            int at = i * a.depth() + q * height;
            long to = b.c + b.ld * (b.row + i) + 4L * j;
            boolean whole = h == height && w == width;
            long out = whole ? to : Scratch.own().tile();
            long ld = whole ? b.ld : 4L * width;
            if (!whole && add) copy(to, b.ld, out, ld, h, w);
            if (width == MicroKernel.L)
                MicroKernel.narrow(height, a.values(), at, panel, 4L * s.ld(), kc, add, out, ld);
            else MicroKernel.tile(height, a.values(), at, panel, 4L * s.ld(), kc, add, out, ld);
            if (!whole) copy(out, ld, to, b.ld, h, w);
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
}
