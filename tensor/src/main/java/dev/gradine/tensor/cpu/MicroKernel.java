package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The innermost loops of `Gemm`: a tile of `c` held in registers while `k` runs.
///
/// ```
/// c[r, j] += Σ_p a[r, p] · b[p, j]      r < rows of the tile, j < vectors · L
/// ```
///
/// Each of the k terms is one `fma` into its sum, in ascending order, so a value of `c` is the same whatever tile,
/// vector width or blocking computed it. Rows of `a` are `LDA` apart, a constant, so that one register addresses all of
/// them; `b` is a packed panel `[k][vectors · L]`, aligned. Every sum is a local variable: in an array they would be
/// objects. How many fit is the number of vector registers: 32 with AVX-512, where 12 × 2 runs at the peak of the
/// FMA units, and 16 with AVX2, where more than 4 × 2 spills. Unrolling k spills as well.
final class MicroKernel {

    static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    static final int L = S.length();

    /// Distance between rows of a packed block of `a`, and so the longest run of k.
    static final int LDA = 384;

    /// Columns of a panel: two vectors.
    static final int NR = 2 * L;

    /// Rows of the main tile.
    static final int MR = S.vectorBitSize() == 512 ? 12 : 4;

    private MicroKernel() {}

    /// Tiles of one panel over `rows` rows; the last tile may write up to `MR − 1` rows more.
    static void panel(float[] a, int rows, MemorySegment b, long bAt, int k, float[] c, int cAt, int ldc) {
        int i = 0;
        if (MR == 12) {
            for (; rows - i > 8; i += 12) tile12x2(a, i * LDA, b, bAt, k, c, cAt + i * ldc, ldc);
        }
        for (; i < rows; i += 4) tile4x2(a, i * LDA, b, bAt, k, c, cAt + i * ldc, ldc);
    }

    static void tile12x2(float[] a, int aAt, MemorySegment b, long bAt, int k, float[] c, int cAt, int ldc) {
        FloatVector s0a = FloatVector.fromArray(S, c, cAt);
        FloatVector s0b = FloatVector.fromArray(S, c, cAt + L);
        FloatVector s1a = FloatVector.fromArray(S, c, cAt + ldc);
        FloatVector s1b = FloatVector.fromArray(S, c, cAt + ldc + L);
        FloatVector s2a = FloatVector.fromArray(S, c, cAt + 2 * ldc);
        FloatVector s2b = FloatVector.fromArray(S, c, cAt + 2 * ldc + L);
        FloatVector s3a = FloatVector.fromArray(S, c, cAt + 3 * ldc);
        FloatVector s3b = FloatVector.fromArray(S, c, cAt + 3 * ldc + L);
        FloatVector s4a = FloatVector.fromArray(S, c, cAt + 4 * ldc);
        FloatVector s4b = FloatVector.fromArray(S, c, cAt + 4 * ldc + L);
        FloatVector s5a = FloatVector.fromArray(S, c, cAt + 5 * ldc);
        FloatVector s5b = FloatVector.fromArray(S, c, cAt + 5 * ldc + L);
        FloatVector s6a = FloatVector.fromArray(S, c, cAt + 6 * ldc);
        FloatVector s6b = FloatVector.fromArray(S, c, cAt + 6 * ldc + L);
        FloatVector s7a = FloatVector.fromArray(S, c, cAt + 7 * ldc);
        FloatVector s7b = FloatVector.fromArray(S, c, cAt + 7 * ldc + L);
        FloatVector s8a = FloatVector.fromArray(S, c, cAt + 8 * ldc);
        FloatVector s8b = FloatVector.fromArray(S, c, cAt + 8 * ldc + L);
        FloatVector s9a = FloatVector.fromArray(S, c, cAt + 9 * ldc);
        FloatVector s9b = FloatVector.fromArray(S, c, cAt + 9 * ldc + L);
        FloatVector s10a = FloatVector.fromArray(S, c, cAt + 10 * ldc);
        FloatVector s10b = FloatVector.fromArray(S, c, cAt + 10 * ldc + L);
        FloatVector s11a = FloatVector.fromArray(S, c, cAt + 11 * ldc);
        FloatVector s11b = FloatVector.fromArray(S, c, cAt + 11 * ldc + L);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, b, bAt + 8L * L * p, LITTLE_ENDIAN);
            FloatVector bb = FloatVector.fromMemorySegment(S, b, bAt + 8L * L * p + 4L * L, LITTLE_ENDIAN);
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
        s0a.intoArray(c, cAt);
        s0b.intoArray(c, cAt + L);
        s1a.intoArray(c, cAt + ldc);
        s1b.intoArray(c, cAt + ldc + L);
        s2a.intoArray(c, cAt + 2 * ldc);
        s2b.intoArray(c, cAt + 2 * ldc + L);
        s3a.intoArray(c, cAt + 3 * ldc);
        s3b.intoArray(c, cAt + 3 * ldc + L);
        s4a.intoArray(c, cAt + 4 * ldc);
        s4b.intoArray(c, cAt + 4 * ldc + L);
        s5a.intoArray(c, cAt + 5 * ldc);
        s5b.intoArray(c, cAt + 5 * ldc + L);
        s6a.intoArray(c, cAt + 6 * ldc);
        s6b.intoArray(c, cAt + 6 * ldc + L);
        s7a.intoArray(c, cAt + 7 * ldc);
        s7b.intoArray(c, cAt + 7 * ldc + L);
        s8a.intoArray(c, cAt + 8 * ldc);
        s8b.intoArray(c, cAt + 8 * ldc + L);
        s9a.intoArray(c, cAt + 9 * ldc);
        s9b.intoArray(c, cAt + 9 * ldc + L);
        s10a.intoArray(c, cAt + 10 * ldc);
        s10b.intoArray(c, cAt + 10 * ldc + L);
        s11a.intoArray(c, cAt + 11 * ldc);
        s11b.intoArray(c, cAt + 11 * ldc + L);
    }

    static void tile4x2(float[] a, int aAt, MemorySegment b, long bAt, int k, float[] c, int cAt, int ldc) {
        FloatVector s0a = FloatVector.fromArray(S, c, cAt);
        FloatVector s0b = FloatVector.fromArray(S, c, cAt + L);
        FloatVector s1a = FloatVector.fromArray(S, c, cAt + ldc);
        FloatVector s1b = FloatVector.fromArray(S, c, cAt + ldc + L);
        FloatVector s2a = FloatVector.fromArray(S, c, cAt + 2 * ldc);
        FloatVector s2b = FloatVector.fromArray(S, c, cAt + 2 * ldc + L);
        FloatVector s3a = FloatVector.fromArray(S, c, cAt + 3 * ldc);
        FloatVector s3b = FloatVector.fromArray(S, c, cAt + 3 * ldc + L);
        for (int p = 0; p < k; p++) {
            FloatVector ba = FloatVector.fromMemorySegment(S, b, bAt + 8L * L * p, LITTLE_ENDIAN);
            FloatVector bb = FloatVector.fromMemorySegment(S, b, bAt + 8L * L * p + 4L * L, LITTLE_ENDIAN);
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
        s0a.intoArray(c, cAt);
        s0b.intoArray(c, cAt + L);
        s1a.intoArray(c, cAt + ldc);
        s1b.intoArray(c, cAt + ldc + L);
        s2a.intoArray(c, cAt + 2 * ldc);
        s2b.intoArray(c, cAt + 2 * ldc + L);
        s3a.intoArray(c, cAt + 3 * ldc);
        s3b.intoArray(c, cAt + 3 * ldc + L);
    }
}
