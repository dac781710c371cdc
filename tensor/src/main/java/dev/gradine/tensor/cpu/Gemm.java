package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// One product `c[M,N] (+)= alpha · A · B` by blocks, for many rows.
///
/// ```
/// for columns of about 4 MB of B:        pack them into panels, all threads together
///   for blocks of c, each on a thread:   MC rows × up to NC columns
///     for K in runs of at most LDA:      copy the block's rows of alpha · A
///       for each panel, for each tile:   start from c or zero, add the products (MicroKernel), store to c
/// ```
///
/// The scheme is that of Goto & van de Geijn 2008 (Anatomy of high-performance matrix multiplication) with rows of A
/// left as they are: the copy brings them into an array, where a scalar is read without bounds checks.
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
    static final int MC = 96; // rows of a block of c: its A, up to 288 KB, stays in a second-level cache
    private static final int NC = 512; // columns of a block of c; a multiple of every block type's size
    private static final int FEW_ROWS = 32; // up to here packing B costs more than reading it unevenly
    private static final int PACKED_FLOATS = 1 << 20;
    private static final long SERIAL_FLOPS = 2_000_000; // about 15 µs: waking a thread costs as much

    private final Form form;
    private final MemorySegment a;
    private final Tensor b;
    private final MemorySegment c;
    private final int m;
    private final int n;
    private final int k;
    private final float alpha;
    private final boolean accumulate;
    private final boolean swapped; // c is written transposed: this computes cᵀ

    Gemm(Form form, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        boolean swap = form == Form.TN && c.shape().dim(1) < c.shape().dim(0);
        this.form = form;
        this.a = (swap ? b : a).data();
        this.b = swap ? a : b;
        this.c = c.data();
        this.m = c.shape().dim(swap ? 1 : 0);
        this.n = c.shape().dim(swap ? 0 : 1);
        this.k = a.shape().dim(form == Form.TN ? 0 : 1);
        this.alpha = alpha;
        this.accumulate = accumulate;
        this.swapped = swap;
    }

    void run() {
        run(2L * m * n * k >= SERIAL_FLOPS);
    }

    /// @param parallel whether all threads work; the result is the same
    void run(boolean parallel) {
        if (m == 0 || n == 0) return;
        int columns = Math.min(Math.max(NC, PACKED_FLOATS / k / NC * NC), n);
        Pack pack = direct() ? new Pack(b, n, k) : new Pack(b, form == Form.NT, n, k, columns);
        for (int j = 0; j < n; j += columns) columns(pack, j, Math.min(n, j + columns), parallel);
    }

    /// Whether few rows would use each panel, and `b` can stand in for all of them as it lies.
    private boolean direct() {
        return form != Form.NT && b.dtype() == DType.F32 && m <= FEW_ROWS && n % MicroKernel.width(n) == 0;
    }

    private void columns(Pack pack, int from, int to, boolean parallel) {
        int rowBlocks = (m + MC - 1) / MC;
        int shares = (2 * Parallel.THREADS + rowBlocks - 1) / rowBlocks; // two blocks a thread: enough to even out
        shares = Math.max(shares, (to - from + NC - 1) / NC);
        int nc = Math.max(MicroKernel.WIDEST, roundUp((to - from + shares - 1) / shares, MicroKernel.WIDEST));
        int colBlocks = (to - from + nc - 1) / nc;
        each(pack.parts(from, to), i -> pack.part(i, from, to), parallel);
        Parallel.Part block = i -> block(pack, i % rowBlocks * MC, from, i / rowBlocks * nc, nc, to);
        each(rowBlocks * colBlocks, block, parallel);
    }

    private static void each(int n, Parallel.Part part, boolean parallel) {
        if (parallel) {
            Parallel.forEach(n, part);
        } else {
            for (int i = 0; i < n; i++) part.run(i);
        }
    }

    /// Rows `i0 …` and columns `j0 + skip …` of `c`, where the panels begin at column `j0` and end at `to`.
    private void block(Pack pack, int i0, int j0, int skip, int nc, int to) {
        int rows = Math.min(MC, m - i0);
        int cols = Math.min(nc, to - j0 - skip);
        int width = pack.width();
        float[] left = Scratch.own().left((MC + 16) * MicroKernel.LDA); // the last tile reads beyond the rows
        float[] tile = Scratch.own().tile(MicroKernel.TILE);
        int runs = (k + MicroKernel.LDA - 1) / MicroKernel.LDA;
        int run = (k + runs - 1) / runs;
        for (int p = 0; p < k; p += run) {
            int kc = Math.min(run, k - p);
            left(i0, rows, p, kc, left);
            boolean add = p > 0 || accumulate;
            for (int j = 0; j < cols; j += width) {
                long bAt = pack.panels().address() + pack.at(skip + j, j0, p);
                int w = Math.min(width, cols - j);
                for (int i = 0, height; i < rows; i += height) {
                    height = MicroKernel.height(width, rows - i);
                    int h = Math.min(height, rows - i);
                    fetch(add, i0 + i, h, j0 + skip + j, w, tile, width);
                    MicroKernel.tile(height, width, left, i * MicroKernel.LDA, bAt, pack.rowBytes(), kc, tile);
                    store(tile, width, i0 + i, h, j0 + skip + j, w);
                }
            }
        }
    }

    /// What a tile starts from: `c`, or zero if this is the first run of a product that overwrites.
    private void fetch(boolean add, int i, int h, int j, int w, float[] tile, int width) {
        if (!add) {
            Arrays.fill(tile, 0);
        } else if (!swapped && w == width) {
            for (int r = 0; r < h; r++) {
                long at = 4L * ((long) (i + r) * n + j);
                for (int q = 0; q < width; q += L) {
                    FloatVector.fromMemorySegment(MicroKernel.S, c, at + 4L * q, LITTLE_ENDIAN)
                            .intoArray(tile, r * width + q);
                }
            }
        } else {
            for (int r = 0; r < h; r++) {
                for (int q = 0; q < w; q++) tile[r * width + q] = c.get(F32, at(i + r, j + q));
            }
        }
    }

    private void store(float[] tile, int width, int i, int h, int j, int w) {
        if (!swapped && w == width) {
            for (int r = 0; r < h; r++) {
                long at = 4L * ((long) (i + r) * n + j);
                for (int q = 0; q < width; q += L) {
                    FloatVector.fromArray(MicroKernel.S, tile, r * width + q)
                            .intoMemorySegment(c, at + 4L * q, LITTLE_ENDIAN);
                }
            }
        } else {
            for (int r = 0; r < h; r++) {
                for (int q = 0; q < w; q++) c.set(F32, at(i + r, j + q), tile[r * width + q]);
            }
        }
    }

    private long at(int i, int j) {
        return 4L * (swapped ? (long) j * m + i : (long) i * n + j);
    }

    /// Brings `alpha · A` of some rows and `kc` columns into an array.
    private void left(int i0, int rows, int p, int kc, float[] to) {
        if (form == Form.TN) {
            Pack.transpose(a, m, i0, rows, p, kc, to);
        } else {
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(a, F32, 4L * ((long) (i0 + i) * k + p), to, i * MicroKernel.LDA, kc);
            }
        }
        if (alpha == 1) return;
        for (int i = 0; i < rows; i++) {
            for (int q = i * MicroKernel.LDA; q < i * MicroKernel.LDA + kc; q += L) { // LDA is a multiple of L
                FloatVector.fromArray(MicroKernel.S, to, q).mul(alpha).intoArray(to, q);
            }
        }
    }

    static int roundUp(int x, int step) {
        return (x + step - 1) / step * step;
    }
}
