package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// One product `c[M,N] (+)= alpha · A · B` by blocks, for many rows.
///
/// ```
/// for columns of about 4 MB of B:      pack them into panels, all threads together
///   for blocks of c, one per thread:   MC rows × NC columns
///     for K in runs of at most LDA:    copy the block's rows of A
///       for each panel:                tiles in registers (MicroKernel), sums kept in a block of f32
///     c (+)= alpha · sums
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
    static final int MC = 96; // rows of a block of c: its A (144 KB) stays in a second-level cache
    private static final int NC = 512; // columns of a block of c, a multiple of every panel's and quantum's width
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
        int width = Math.min(Math.max(NC, PACKED_FLOATS / k / NC * NC), roundUp(n, MicroKernel.NR));
        MemorySegment panels = Scratch.own().panels((long) width * k);
        Pack pack = new Pack(b, form == Form.NT, n, k, panels);
        for (int j = 0; j < n; j += width) columns(pack, j, Math.min(n, j + width), parallel);
    }

    private void columns(Pack pack, int from, int to, boolean parallel) {
        int rowBlocks = (m + MC - 1) / MC;
        int colBlocks = (to - from + NC - 1) / NC;
        each(pack.parts(from, to), i -> pack.part(i, from, to), parallel);
        Parallel.Part block = i -> block(pack.panels(), i % rowBlocks * MC, from, i / rowBlocks * NC, to);
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
    private void block(MemorySegment panels, int i0, int j0, int skip, int to) {
        int rows = Math.min(MC, m - i0);
        int cols = Math.min(NC, to - j0 - skip);
        int ldc = roundUp(cols, MicroKernel.NR);
        Scratch own = Scratch.own();
        float[] ab = own.a(MC * MicroKernel.LDA);
        float[] cb = own.c(MC * NC);
        Arrays.fill(cb, 0, roundUp(rows, MicroKernel.MR) * ldc, 0);
        int runs = (k + MicroKernel.LDA - 1) / MicroKernel.LDA;
        int run = (k + runs - 1) / runs;
        for (int p = 0; p < k; p += run) {
            int kc = Math.min(run, k - p);
            if (form == Form.TN) Pack.transpose(a, m, i0, rows, p, kc, ab);
            else copyRows(i0, rows, p, kc, ab);
            for (int j = 0; j < cols; j += MicroKernel.NR) {
                long bAt = 4L * ((long) (skip + j) * k + (long) p * MicroKernel.NR);
                MicroKernel.panel(ab, rows, panels, bAt, kc, cb, j, ldc);
            }
        }
        if (swapped) storeTransposed(cb, ldc, i0, rows, j0 + skip, cols);
        else store(cb, ldc, i0, rows, j0 + skip, cols);
    }

    private void copyRows(int i0, int rows, int p, int kc, float[] to) {
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(a, F32, 4L * ((long) (i0 + i) * k + p), to, i * MicroKernel.LDA, kc);
        }
    }

    private void store(float[] from, int ldc, int i0, int rows, int j0, int cols) {
        int whole = cols - cols % L;
        for (int i = 0; i < rows; i++) {
            long at = 4L * ((long) (i0 + i) * n + j0);
            for (int j = 0; j < whole; j += L) {
                FloatVector v = FloatVector.fromArray(MicroKernel.S, from, i * ldc + j);
                FloatVector old = accumulate
                        ? FloatVector.fromMemorySegment(MicroKernel.S, c, at + 4L * j, LITTLE_ENDIAN)
                        : FloatVector.zero(MicroKernel.S);
                v.mul(alpha).add(old).intoMemorySegment(c, at + 4L * j, LITTLE_ENDIAN);
            }
            for (int j = whole; j < cols; j++) storeOne(from[i * ldc + j], at + 4L * j);
        }
    }

    private void storeTransposed(float[] from, int ldc, int i0, int rows, int j0, int cols) {
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                storeOne(from[i * ldc + j], 4L * ((long) (j0 + j) * m + i0 + i));
            }
        }
    }

    private void storeOne(float sum, long at) {
        c.set(F32, at, alpha * sum + (accumulate ? c.get(F32, at) : 0));
    }

    static int roundUp(int x, int step) {
        return (x + step - 1) / step * step;
    }
}
