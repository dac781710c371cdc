package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The innermost loops of `Gemm`: a tile of `c` held in registers while `k` runs.
///
/// ```
/// c[r, j] (+)= Σ_p a[r, p] · b[p, j]      r < rows of the tile, j < vectors · L
/// ```
///
/// Each of the k terms is one `fma` into its sum, in ascending order, so a value of `c` is the same whatever tile,
/// vector width or blocking computed it. `a` is packed `[k][rows]` and `b` is a panel `[k][vectors · L]`,
/// so that both are read from front to back; rows of `from` and `c` are `fromLd` and `ldc` bytes apart.
/// Every sum is a local variable: in an array they would be objects. How many fit is the number of vector
/// registers: 32 with AVX-512, where 12 × 2 runs near the peak of the FMA units, and 16 with AVX2, where
/// more than 4 × 2 spills. Unrolling k spills as well.
final class MicroKernel {

    static final VectorSpecies<Float> S = Vectors.F;
    static final int L = S.length();

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final long V = 4L * L; // bytes of a vector
    private static final boolean LARGE = S.vectorBitSize() == 512;

    /// Rows of the tallest tile.
    static final int TALLEST = 16;

    /// Columns of the widest panel.
    static final int WIDEST = 2 * L;

    /// The longest run of k of one call: its part of a panel is 24 KB and stays in a first-level cache.
    static final int RUN = 6144 / WIDEST;

    private MicroKernel() {}

    /// Columns of a panel for a product of `n` columns: two vectors, or one where a second would be padding.
    static int width(int n) {
        return LARGE && n <= L ? L : 2 * L;
    }

    /// Rows of the tile that fits best where `rows` are left.
    static int height(int width, int rows) {
        if (width == L) return 16;
        return LARGE && rows > 8 ? 12 : 4;
    }

    /// Writes `c[height][WIDEST]`, or adds to it; addresses and distances of rows are in bytes.
    static void tile(int height, float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        if (height == 12) tile12x2(a, aAt, b, ldb, k, add, c, ldc);
        else tile4x2(a, aAt, b, ldb, k, add, c, ldc);
    }

    /// Writes `c[height][L]`, or adds to it.
    static void narrow(int height, float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        if (height == 16) tile16x1(a, aAt, b, ldb, k, add, c, ldc);
        else if (height == 12) tile12x1(a, aAt, b, ldb, k, add, c, ldc);
        else tile4x1(a, aAt, b, ldb, k, add, c, ldc);
    }

    private static void tile12x2(float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        long from = add ? c : Scratch.ZEROS;
        long fromLd = add ? ldc : 0;
        FloatVector s0a = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s0b = FloatVector.fromMemorySegment(S, MEMORY, from + V, LE);
        FloatVector s1a = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd, LE);
        FloatVector s1b = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd + V, LE);
        FloatVector s2a = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd, LE);
        FloatVector s2b = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd + V, LE);
        FloatVector s3a = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd, LE);
        FloatVector s3b = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd + V, LE);
        FloatVector s4a = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * fromLd, LE);
        FloatVector s4b = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * fromLd + V, LE);
        FloatVector s5a = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * fromLd, LE);
        FloatVector s5b = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * fromLd + V, LE);
        FloatVector s6a = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * fromLd, LE);
        FloatVector s6b = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * fromLd + V, LE);
        FloatVector s7a = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * fromLd, LE);
        FloatVector s7b = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * fromLd + V, LE);
        FloatVector s8a = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * fromLd, LE);
        FloatVector s8b = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * fromLd + V, LE);
        FloatVector s9a = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * fromLd, LE);
        FloatVector s9b = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * fromLd + V, LE);
        FloatVector s10a = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * fromLd, LE);
        FloatVector s10b = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * fromLd + V, LE);
        FloatVector s11a = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * fromLd, LE);
        FloatVector s11b = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * fromLd + V, LE);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p, LE);
            FloatVector bb = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p + V, LE);
            FloatVector a0 = FloatVector.broadcast(S, a[aAt + 12 * p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(S, a[aAt + 12 * p + 1]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(S, a[aAt + 12 * p + 2]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(S, a[aAt + 12 * p + 3]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(S, a[aAt + 12 * p + 4]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(S, a[aAt + 12 * p + 5]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            FloatVector a6 = FloatVector.broadcast(S, a[aAt + 12 * p + 6]);
            s6a = a6.fma(ba, s6a);
            s6b = a6.fma(bb, s6b);
            FloatVector a7 = FloatVector.broadcast(S, a[aAt + 12 * p + 7]);
            s7a = a7.fma(ba, s7a);
            s7b = a7.fma(bb, s7b);
            FloatVector a8 = FloatVector.broadcast(S, a[aAt + 12 * p + 8]);
            s8a = a8.fma(ba, s8a);
            s8b = a8.fma(bb, s8b);
            FloatVector a9 = FloatVector.broadcast(S, a[aAt + 12 * p + 9]);
            s9a = a9.fma(ba, s9a);
            s9b = a9.fma(bb, s9b);
            FloatVector a10 = FloatVector.broadcast(S, a[aAt + 12 * p + 10]);
            s10a = a10.fma(ba, s10a);
            s10b = a10.fma(bb, s10b);
            FloatVector a11 = FloatVector.broadcast(S, a[aAt + 12 * p + 11]);
            s11a = a11.fma(ba, s11a);
            s11b = a11.fma(bb, s11b);
        }
        s0a.intoMemorySegment(MEMORY, c, LE);
        s0b.intoMemorySegment(MEMORY, c + V, LE);
        s1a.intoMemorySegment(MEMORY, c + ldc, LE);
        s1b.intoMemorySegment(MEMORY, c + ldc + V, LE);
        s2a.intoMemorySegment(MEMORY, c + 2 * ldc, LE);
        s2b.intoMemorySegment(MEMORY, c + 2 * ldc + V, LE);
        s3a.intoMemorySegment(MEMORY, c + 3 * ldc, LE);
        s3b.intoMemorySegment(MEMORY, c + 3 * ldc + V, LE);
        s4a.intoMemorySegment(MEMORY, c + 4 * ldc, LE);
        s4b.intoMemorySegment(MEMORY, c + 4 * ldc + V, LE);
        s5a.intoMemorySegment(MEMORY, c + 5 * ldc, LE);
        s5b.intoMemorySegment(MEMORY, c + 5 * ldc + V, LE);
        s6a.intoMemorySegment(MEMORY, c + 6 * ldc, LE);
        s6b.intoMemorySegment(MEMORY, c + 6 * ldc + V, LE);
        s7a.intoMemorySegment(MEMORY, c + 7 * ldc, LE);
        s7b.intoMemorySegment(MEMORY, c + 7 * ldc + V, LE);
        s8a.intoMemorySegment(MEMORY, c + 8 * ldc, LE);
        s8b.intoMemorySegment(MEMORY, c + 8 * ldc + V, LE);
        s9a.intoMemorySegment(MEMORY, c + 9 * ldc, LE);
        s9b.intoMemorySegment(MEMORY, c + 9 * ldc + V, LE);
        s10a.intoMemorySegment(MEMORY, c + 10 * ldc, LE);
        s10b.intoMemorySegment(MEMORY, c + 10 * ldc + V, LE);
        s11a.intoMemorySegment(MEMORY, c + 11 * ldc, LE);
        s11b.intoMemorySegment(MEMORY, c + 11 * ldc + V, LE);
    }

    private static void tile4x2(float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        long from = add ? c : Scratch.ZEROS;
        long fromLd = add ? ldc : 0;
        FloatVector s0a = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s0b = FloatVector.fromMemorySegment(S, MEMORY, from + V, LE);
        FloatVector s1a = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd, LE);
        FloatVector s1b = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd + V, LE);
        FloatVector s2a = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd, LE);
        FloatVector s2b = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd + V, LE);
        FloatVector s3a = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd, LE);
        FloatVector s3b = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd + V, LE);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p, LE);
            FloatVector bb = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p + V, LE);
            FloatVector a0 = FloatVector.broadcast(S, a[aAt + 4 * p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(S, a[aAt + 4 * p + 1]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(S, a[aAt + 4 * p + 2]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(S, a[aAt + 4 * p + 3]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
        }
        s0a.intoMemorySegment(MEMORY, c, LE);
        s0b.intoMemorySegment(MEMORY, c + V, LE);
        s1a.intoMemorySegment(MEMORY, c + ldc, LE);
        s1b.intoMemorySegment(MEMORY, c + ldc + V, LE);
        s2a.intoMemorySegment(MEMORY, c + 2 * ldc, LE);
        s2b.intoMemorySegment(MEMORY, c + 2 * ldc + V, LE);
        s3a.intoMemorySegment(MEMORY, c + 3 * ldc, LE);
        s3b.intoMemorySegment(MEMORY, c + 3 * ldc + V, LE);
    }

    private static void tile16x1(float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        long from = add ? c : Scratch.ZEROS;
        long fromLd = add ? ldc : 0;
        FloatVector s0 = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s1 = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd, LE);
        FloatVector s2 = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd, LE);
        FloatVector s3 = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd, LE);
        FloatVector s4 = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * fromLd, LE);
        FloatVector s5 = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * fromLd, LE);
        FloatVector s6 = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * fromLd, LE);
        FloatVector s7 = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * fromLd, LE);
        FloatVector s8 = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * fromLd, LE);
        FloatVector s9 = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * fromLd, LE);
        FloatVector s10 = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * fromLd, LE);
        FloatVector s11 = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * fromLd, LE);
        FloatVector s12 = FloatVector.fromMemorySegment(S, MEMORY, from + 12 * fromLd, LE);
        FloatVector s13 = FloatVector.fromMemorySegment(S, MEMORY, from + 13 * fromLd, LE);
        FloatVector s14 = FloatVector.fromMemorySegment(S, MEMORY, from + 14 * fromLd, LE);
        FloatVector s15 = FloatVector.fromMemorySegment(S, MEMORY, from + 15 * fromLd, LE);
        for (int p = 0; p < k; p++) {
            FloatVector bp = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p, LE);
            s0 = FloatVector.broadcast(S, a[aAt + 16 * p]).fma(bp, s0);
            s1 = FloatVector.broadcast(S, a[aAt + 16 * p + 1]).fma(bp, s1);
            s2 = FloatVector.broadcast(S, a[aAt + 16 * p + 2]).fma(bp, s2);
            s3 = FloatVector.broadcast(S, a[aAt + 16 * p + 3]).fma(bp, s3);
            s4 = FloatVector.broadcast(S, a[aAt + 16 * p + 4]).fma(bp, s4);
            s5 = FloatVector.broadcast(S, a[aAt + 16 * p + 5]).fma(bp, s5);
            s6 = FloatVector.broadcast(S, a[aAt + 16 * p + 6]).fma(bp, s6);
            s7 = FloatVector.broadcast(S, a[aAt + 16 * p + 7]).fma(bp, s7);
            s8 = FloatVector.broadcast(S, a[aAt + 16 * p + 8]).fma(bp, s8);
            s9 = FloatVector.broadcast(S, a[aAt + 16 * p + 9]).fma(bp, s9);
            s10 = FloatVector.broadcast(S, a[aAt + 16 * p + 10]).fma(bp, s10);
            s11 = FloatVector.broadcast(S, a[aAt + 16 * p + 11]).fma(bp, s11);
            s12 = FloatVector.broadcast(S, a[aAt + 16 * p + 12]).fma(bp, s12);
            s13 = FloatVector.broadcast(S, a[aAt + 16 * p + 13]).fma(bp, s13);
            s14 = FloatVector.broadcast(S, a[aAt + 16 * p + 14]).fma(bp, s14);
            s15 = FloatVector.broadcast(S, a[aAt + 16 * p + 15]).fma(bp, s15);
        }
        s0.intoMemorySegment(MEMORY, c, LE);
        s1.intoMemorySegment(MEMORY, c + ldc, LE);
        s2.intoMemorySegment(MEMORY, c + 2 * ldc, LE);
        s3.intoMemorySegment(MEMORY, c + 3 * ldc, LE);
        s4.intoMemorySegment(MEMORY, c + 4 * ldc, LE);
        s5.intoMemorySegment(MEMORY, c + 5 * ldc, LE);
        s6.intoMemorySegment(MEMORY, c + 6 * ldc, LE);
        s7.intoMemorySegment(MEMORY, c + 7 * ldc, LE);
        s8.intoMemorySegment(MEMORY, c + 8 * ldc, LE);
        s9.intoMemorySegment(MEMORY, c + 9 * ldc, LE);
        s10.intoMemorySegment(MEMORY, c + 10 * ldc, LE);
        s11.intoMemorySegment(MEMORY, c + 11 * ldc, LE);
        s12.intoMemorySegment(MEMORY, c + 12 * ldc, LE);
        s13.intoMemorySegment(MEMORY, c + 13 * ldc, LE);
        s14.intoMemorySegment(MEMORY, c + 14 * ldc, LE);
        s15.intoMemorySegment(MEMORY, c + 15 * ldc, LE);
    }

    private static void tile12x1(float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        long from = add ? c : Scratch.ZEROS;
        long fromLd = add ? ldc : 0;
        FloatVector s0 = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s1 = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd, LE);
        FloatVector s2 = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd, LE);
        FloatVector s3 = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd, LE);
        FloatVector s4 = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * fromLd, LE);
        FloatVector s5 = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * fromLd, LE);
        FloatVector s6 = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * fromLd, LE);
        FloatVector s7 = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * fromLd, LE);
        FloatVector s8 = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * fromLd, LE);
        FloatVector s9 = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * fromLd, LE);
        FloatVector s10 = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * fromLd, LE);
        FloatVector s11 = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * fromLd, LE);
        for (int p = 0; p < k; p++) {
            FloatVector bp = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p, LE);
            s0 = FloatVector.broadcast(S, a[aAt + 12 * p]).fma(bp, s0);
            s1 = FloatVector.broadcast(S, a[aAt + 12 * p + 1]).fma(bp, s1);
            s2 = FloatVector.broadcast(S, a[aAt + 12 * p + 2]).fma(bp, s2);
            s3 = FloatVector.broadcast(S, a[aAt + 12 * p + 3]).fma(bp, s3);
            s4 = FloatVector.broadcast(S, a[aAt + 12 * p + 4]).fma(bp, s4);
            s5 = FloatVector.broadcast(S, a[aAt + 12 * p + 5]).fma(bp, s5);
            s6 = FloatVector.broadcast(S, a[aAt + 12 * p + 6]).fma(bp, s6);
            s7 = FloatVector.broadcast(S, a[aAt + 12 * p + 7]).fma(bp, s7);
            s8 = FloatVector.broadcast(S, a[aAt + 12 * p + 8]).fma(bp, s8);
            s9 = FloatVector.broadcast(S, a[aAt + 12 * p + 9]).fma(bp, s9);
            s10 = FloatVector.broadcast(S, a[aAt + 12 * p + 10]).fma(bp, s10);
            s11 = FloatVector.broadcast(S, a[aAt + 12 * p + 11]).fma(bp, s11);
        }
        s0.intoMemorySegment(MEMORY, c, LE);
        s1.intoMemorySegment(MEMORY, c + ldc, LE);
        s2.intoMemorySegment(MEMORY, c + 2 * ldc, LE);
        s3.intoMemorySegment(MEMORY, c + 3 * ldc, LE);
        s4.intoMemorySegment(MEMORY, c + 4 * ldc, LE);
        s5.intoMemorySegment(MEMORY, c + 5 * ldc, LE);
        s6.intoMemorySegment(MEMORY, c + 6 * ldc, LE);
        s7.intoMemorySegment(MEMORY, c + 7 * ldc, LE);
        s8.intoMemorySegment(MEMORY, c + 8 * ldc, LE);
        s9.intoMemorySegment(MEMORY, c + 9 * ldc, LE);
        s10.intoMemorySegment(MEMORY, c + 10 * ldc, LE);
        s11.intoMemorySegment(MEMORY, c + 11 * ldc, LE);
    }

    private static void tile4x1(float[] a, int aAt, long b, long ldb, int k, boolean add, long c, long ldc) {
        long from = add ? c : Scratch.ZEROS;
        long fromLd = add ? ldc : 0;
        FloatVector s0 = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s1 = FloatVector.fromMemorySegment(S, MEMORY, from + fromLd, LE);
        FloatVector s2 = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * fromLd, LE);
        FloatVector s3 = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * fromLd, LE);
        for (int p = 0; p < k; p++) {
            FloatVector bp = FloatVector.fromMemorySegment(S, MEMORY, b + ldb * p, LE);
            s0 = FloatVector.broadcast(S, a[aAt + 4 * p]).fma(bp, s0);
            s1 = FloatVector.broadcast(S, a[aAt + 4 * p + 1]).fma(bp, s1);
            s2 = FloatVector.broadcast(S, a[aAt + 4 * p + 2]).fma(bp, s2);
            s3 = FloatVector.broadcast(S, a[aAt + 4 * p + 3]).fma(bp, s3);
        }
        s0.intoMemorySegment(MEMORY, c, LE);
        s1.intoMemorySegment(MEMORY, c + ldc, LE);
        s2.intoMemorySegment(MEMORY, c + 2 * ldc, LE);
        s3.intoMemorySegment(MEMORY, c + 3 * ldc, LE);
    }
}
