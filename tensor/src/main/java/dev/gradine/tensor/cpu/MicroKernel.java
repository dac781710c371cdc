package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The innermost loops of `Gemm`: a tile of `c` held in registers while `k` runs.
///
/// ```
/// c[r, j] += Σ_p a[r, p] · b[p, j]      r < rows of the tile, j < vectors · L
/// ```
///
/// Each of the k terms is one `fma` into its sum, in ascending order, so a value of `c` is the same whatever tile,
/// vector width or blocking computed it. Rows of `a` are `LDA` apart, a constant, so that one register addresses all
/// of them; `b` is a packed panel `[k][vectors · L]`, or a matrix as it
/// lies, with rows `ldb` bytes apart. Every sum is a local variable: in an array they would
/// be objects. How many fit is the number of vector registers: 32 with AVX-512, where 12 × 2 runs at the peak of the
/// FMA units, and 16 with AVX2, where more than 4 × 2 spills. Unrolling k spills as well.
final class MicroKernel {

    static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    static final int L = S.length();

    /// Distance between rows of a packed block of `a`, and so the longest run of k.
    static final int LDA = 768;

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final long V = 4L * L; // bytes of a vector
    private static final boolean LARGE = S.vectorBitSize() == 512;

    private MicroKernel() {}

    /// Columns of the widest panel.
    static final int WIDEST = 2 * L;

    /// The most values of a tile.
    static final int TILE = 24 * L;

    /// Columns of a panel for a product of `n` columns: two vectors, or one where a second would be padding.
    static int width(int n) {
        return LARGE && n <= L ? L : 2 * L;
    }

    /// Rows of the tile that fits best where `rows` are left.
    static int height(int width, int rows) {
        if (width == L) return 16;
        return LARGE && rows > 8 ? 12 : 4;
    }

    /// Adds one tile's products to `c[height][width]`.
    static void tile(int height, int width, float[] a, int aAt, long bAt, long ldb, int k, float[] c) {
        if (width == L) tile16x1(a, aAt, bAt, ldb, k, c);
        else if (height == 12) tile12x2(a, aAt, bAt, ldb, k, c);
        else tile4x2(a, aAt, bAt, ldb, k, c);
    }

    private static void tile12x2(float[] a, int aAt, long bAt, long ldb, int k, float[] c) {
        FloatVector s0a = FloatVector.fromArray(S, c, 0);
        FloatVector s0b = FloatVector.fromArray(S, c, L);
        FloatVector s1a = FloatVector.fromArray(S, c, 2 * L);
        FloatVector s1b = FloatVector.fromArray(S, c, 3 * L);
        FloatVector s2a = FloatVector.fromArray(S, c, 4 * L);
        FloatVector s2b = FloatVector.fromArray(S, c, 5 * L);
        FloatVector s3a = FloatVector.fromArray(S, c, 6 * L);
        FloatVector s3b = FloatVector.fromArray(S, c, 7 * L);
        FloatVector s4a = FloatVector.fromArray(S, c, 8 * L);
        FloatVector s4b = FloatVector.fromArray(S, c, 9 * L);
        FloatVector s5a = FloatVector.fromArray(S, c, 10 * L);
        FloatVector s5b = FloatVector.fromArray(S, c, 11 * L);
        FloatVector s6a = FloatVector.fromArray(S, c, 12 * L);
        FloatVector s6b = FloatVector.fromArray(S, c, 13 * L);
        FloatVector s7a = FloatVector.fromArray(S, c, 14 * L);
        FloatVector s7b = FloatVector.fromArray(S, c, 15 * L);
        FloatVector s8a = FloatVector.fromArray(S, c, 16 * L);
        FloatVector s8b = FloatVector.fromArray(S, c, 17 * L);
        FloatVector s9a = FloatVector.fromArray(S, c, 18 * L);
        FloatVector s9b = FloatVector.fromArray(S, c, 19 * L);
        FloatVector s10a = FloatVector.fromArray(S, c, 20 * L);
        FloatVector s10b = FloatVector.fromArray(S, c, 21 * L);
        FloatVector s11a = FloatVector.fromArray(S, c, 22 * L);
        FloatVector s11b = FloatVector.fromArray(S, c, 23 * L);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, MEMORY, bAt + ldb * p, LE);
            FloatVector bb = FloatVector.fromMemorySegment(S, MEMORY, bAt + ldb * p + V, LE);
            FloatVector a0 = FloatVector.broadcast(S, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(S, a[aAt + LDA + p]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(S, a[aAt + 2 * LDA + p]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(S, a[aAt + 3 * LDA + p]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(S, a[aAt + 4 * LDA + p]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(S, a[aAt + 5 * LDA + p]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            FloatVector a6 = FloatVector.broadcast(S, a[aAt + 6 * LDA + p]);
            s6a = a6.fma(ba, s6a);
            s6b = a6.fma(bb, s6b);
            FloatVector a7 = FloatVector.broadcast(S, a[aAt + 7 * LDA + p]);
            s7a = a7.fma(ba, s7a);
            s7b = a7.fma(bb, s7b);
            FloatVector a8 = FloatVector.broadcast(S, a[aAt + 8 * LDA + p]);
            s8a = a8.fma(ba, s8a);
            s8b = a8.fma(bb, s8b);
            FloatVector a9 = FloatVector.broadcast(S, a[aAt + 9 * LDA + p]);
            s9a = a9.fma(ba, s9a);
            s9b = a9.fma(bb, s9b);
            FloatVector a10 = FloatVector.broadcast(S, a[aAt + 10 * LDA + p]);
            s10a = a10.fma(ba, s10a);
            s10b = a10.fma(bb, s10b);
            FloatVector a11 = FloatVector.broadcast(S, a[aAt + 11 * LDA + p]);
            s11a = a11.fma(ba, s11a);
            s11b = a11.fma(bb, s11b);
        }
        s0a.intoArray(c, 0);
        s0b.intoArray(c, L);
        s1a.intoArray(c, 2 * L);
        s1b.intoArray(c, 3 * L);
        s2a.intoArray(c, 4 * L);
        s2b.intoArray(c, 5 * L);
        s3a.intoArray(c, 6 * L);
        s3b.intoArray(c, 7 * L);
        s4a.intoArray(c, 8 * L);
        s4b.intoArray(c, 9 * L);
        s5a.intoArray(c, 10 * L);
        s5b.intoArray(c, 11 * L);
        s6a.intoArray(c, 12 * L);
        s6b.intoArray(c, 13 * L);
        s7a.intoArray(c, 14 * L);
        s7b.intoArray(c, 15 * L);
        s8a.intoArray(c, 16 * L);
        s8b.intoArray(c, 17 * L);
        s9a.intoArray(c, 18 * L);
        s9b.intoArray(c, 19 * L);
        s10a.intoArray(c, 20 * L);
        s10b.intoArray(c, 21 * L);
        s11a.intoArray(c, 22 * L);
        s11b.intoArray(c, 23 * L);
    }

    private static void tile4x2(float[] a, int aAt, long bAt, long ldb, int k, float[] c) {
        FloatVector s0a = FloatVector.fromArray(S, c, 0);
        FloatVector s0b = FloatVector.fromArray(S, c, L);
        FloatVector s1a = FloatVector.fromArray(S, c, 2 * L);
        FloatVector s1b = FloatVector.fromArray(S, c, 3 * L);
        FloatVector s2a = FloatVector.fromArray(S, c, 4 * L);
        FloatVector s2b = FloatVector.fromArray(S, c, 5 * L);
        FloatVector s3a = FloatVector.fromArray(S, c, 6 * L);
        FloatVector s3b = FloatVector.fromArray(S, c, 7 * L);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, MEMORY, bAt + ldb * p, LE);
            FloatVector bb = FloatVector.fromMemorySegment(S, MEMORY, bAt + ldb * p + V, LE);
            FloatVector a0 = FloatVector.broadcast(S, a[aAt + p]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(S, a[aAt + LDA + p]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(S, a[aAt + 2 * LDA + p]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(S, a[aAt + 3 * LDA + p]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
        }
        s0a.intoArray(c, 0);
        s0b.intoArray(c, L);
        s1a.intoArray(c, 2 * L);
        s1b.intoArray(c, 3 * L);
        s2a.intoArray(c, 4 * L);
        s2b.intoArray(c, 5 * L);
        s3a.intoArray(c, 6 * L);
        s3b.intoArray(c, 7 * L);
    }

    private static void tile16x1(float[] a, int aAt, long bAt, long ldb, int k, float[] c) {
        FloatVector s0a = FloatVector.fromArray(S, c, 0);
        FloatVector s1a = FloatVector.fromArray(S, c, L);
        FloatVector s2a = FloatVector.fromArray(S, c, 2 * L);
        FloatVector s3a = FloatVector.fromArray(S, c, 3 * L);
        FloatVector s4a = FloatVector.fromArray(S, c, 4 * L);
        FloatVector s5a = FloatVector.fromArray(S, c, 5 * L);
        FloatVector s6a = FloatVector.fromArray(S, c, 6 * L);
        FloatVector s7a = FloatVector.fromArray(S, c, 7 * L);
        FloatVector s8a = FloatVector.fromArray(S, c, 8 * L);
        FloatVector s9a = FloatVector.fromArray(S, c, 9 * L);
        FloatVector s10a = FloatVector.fromArray(S, c, 10 * L);
        FloatVector s11a = FloatVector.fromArray(S, c, 11 * L);
        FloatVector s12a = FloatVector.fromArray(S, c, 12 * L);
        FloatVector s13a = FloatVector.fromArray(S, c, 13 * L);
        FloatVector s14a = FloatVector.fromArray(S, c, 14 * L);
        FloatVector s15a = FloatVector.fromArray(S, c, 15 * L);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, MEMORY, bAt + ldb * p, LE);
            s0a = FloatVector.broadcast(S, a[aAt + p]).fma(ba, s0a);
            s1a = FloatVector.broadcast(S, a[aAt + LDA + p]).fma(ba, s1a);
            s2a = FloatVector.broadcast(S, a[aAt + 2 * LDA + p]).fma(ba, s2a);
            s3a = FloatVector.broadcast(S, a[aAt + 3 * LDA + p]).fma(ba, s3a);
            s4a = FloatVector.broadcast(S, a[aAt + 4 * LDA + p]).fma(ba, s4a);
            s5a = FloatVector.broadcast(S, a[aAt + 5 * LDA + p]).fma(ba, s5a);
            s6a = FloatVector.broadcast(S, a[aAt + 6 * LDA + p]).fma(ba, s6a);
            s7a = FloatVector.broadcast(S, a[aAt + 7 * LDA + p]).fma(ba, s7a);
            s8a = FloatVector.broadcast(S, a[aAt + 8 * LDA + p]).fma(ba, s8a);
            s9a = FloatVector.broadcast(S, a[aAt + 9 * LDA + p]).fma(ba, s9a);
            s10a = FloatVector.broadcast(S, a[aAt + 10 * LDA + p]).fma(ba, s10a);
            s11a = FloatVector.broadcast(S, a[aAt + 11 * LDA + p]).fma(ba, s11a);
            s12a = FloatVector.broadcast(S, a[aAt + 12 * LDA + p]).fma(ba, s12a);
            s13a = FloatVector.broadcast(S, a[aAt + 13 * LDA + p]).fma(ba, s13a);
            s14a = FloatVector.broadcast(S, a[aAt + 14 * LDA + p]).fma(ba, s14a);
            s15a = FloatVector.broadcast(S, a[aAt + 15 * LDA + p]).fma(ba, s15a);
        }
        s0a.intoArray(c, 0);
        s1a.intoArray(c, L);
        s2a.intoArray(c, 2 * L);
        s3a.intoArray(c, 3 * L);
        s4a.intoArray(c, 4 * L);
        s5a.intoArray(c, 5 * L);
        s6a.intoArray(c, 6 * L);
        s7a.intoArray(c, 7 * L);
        s8a.intoArray(c, 8 * L);
        s9a.intoArray(c, 9 * L);
        s10a.intoArray(c, 10 * L);
        s11a.intoArray(c, 11 * L);
        s12a.intoArray(c, 12 * L);
        s13a.intoArray(c, 13 * L);
        s14a.intoArray(c, 14 * L);
        s15a.intoArray(c, 15 * L);
    }
}
