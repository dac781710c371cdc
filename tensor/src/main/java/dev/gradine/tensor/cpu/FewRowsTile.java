package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The innermost loops of `FewRows`: a tile of a product held in registers while `k` runs.
///
/// ```
/// t[j, i] (+)= Σ_p b[j, p] · a[p, i]      j < height of the tile, i < vectors · L
/// ```
///
/// The few of the product fill the lanes, so a row of the many is read value by value, as it lies. Rows of `b` are
/// `ROW` values apart, a constant, so that one register points at all of them. As in `MicroKernel`, each term is one
/// `fma` into its sum, in ascending order, and every sum is a local variable, as many as the registers hold.
final class FewRowsTile {

    static final VectorSpecies<Float> S = Vectors.F;
    static final int L = S.length();

    /// Values of K at once.
    static final int RUN = 256;

    /// From one row of `b` to the next: an odd number of cache lines, so that rows lie in different sets.
    static final int ROW = RUN + 16;

    /// Rows of the tallest tile.
    static final int TALLEST = 16;

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final long V = 4L * L; // bytes of a vector
    private static final boolean LARGE = S.vectorBitSize() == 512;

    private FewRowsTile() {}

    /// Vectors side by side, where there are so many of the few.
    static int vectors(int few) {
        return LARGE && few <= L ? 1 : 2;
    }

    /// Rows of `b` that fit the registers beside so many vectors.
    static int height(int vectors) {
        if (vectors == 1) return 16;
        return LARGE ? 12 : 4;
    }

    /// Writes `t[height][vectors · L]`, or adds to it.
    static void multiply(int vectors, float[] b, long a, int k, boolean add, long t) {
        if (vectors == 1) tile16x1(b, a, k, add, t);
        else if (LARGE) tile12x2(b, a, k, add, t);
        else tile4x2(b, a, k, add, t);
    }

    private static void tile16x1(float[] b, long a, int k, boolean add, long c) {
        long from = add ? c : Scratch.ZEROS;
        long step = add ? V : 0;
        FloatVector s0 = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s1 = FloatVector.fromMemorySegment(S, MEMORY, from + step, LE);
        FloatVector s2 = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * step, LE);
        FloatVector s3 = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * step, LE);
        FloatVector s4 = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * step, LE);
        FloatVector s5 = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * step, LE);
        FloatVector s6 = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * step, LE);
        FloatVector s7 = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * step, LE);
        FloatVector s8 = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * step, LE);
        FloatVector s9 = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * step, LE);
        FloatVector s10 = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * step, LE);
        FloatVector s11 = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * step, LE);
        FloatVector s12 = FloatVector.fromMemorySegment(S, MEMORY, from + 12 * step, LE);
        FloatVector s13 = FloatVector.fromMemorySegment(S, MEMORY, from + 13 * step, LE);
        FloatVector s14 = FloatVector.fromMemorySegment(S, MEMORY, from + 14 * step, LE);
        FloatVector s15 = FloatVector.fromMemorySegment(S, MEMORY, from + 15 * step, LE);
        for (int p = 0; p < k; p++) {
            FloatVector ap = FloatVector.fromMemorySegment(S, MEMORY, a + V * p, LE);
            s0 = FloatVector.broadcast(S, b[p]).fma(ap, s0);
            s1 = FloatVector.broadcast(S, b[ROW + p]).fma(ap, s1);
            s2 = FloatVector.broadcast(S, b[2 * ROW + p]).fma(ap, s2);
            s3 = FloatVector.broadcast(S, b[3 * ROW + p]).fma(ap, s3);
            s4 = FloatVector.broadcast(S, b[4 * ROW + p]).fma(ap, s4);
            s5 = FloatVector.broadcast(S, b[5 * ROW + p]).fma(ap, s5);
            s6 = FloatVector.broadcast(S, b[6 * ROW + p]).fma(ap, s6);
            s7 = FloatVector.broadcast(S, b[7 * ROW + p]).fma(ap, s7);
            s8 = FloatVector.broadcast(S, b[8 * ROW + p]).fma(ap, s8);
            s9 = FloatVector.broadcast(S, b[9 * ROW + p]).fma(ap, s9);
            s10 = FloatVector.broadcast(S, b[10 * ROW + p]).fma(ap, s10);
            s11 = FloatVector.broadcast(S, b[11 * ROW + p]).fma(ap, s11);
            s12 = FloatVector.broadcast(S, b[12 * ROW + p]).fma(ap, s12);
            s13 = FloatVector.broadcast(S, b[13 * ROW + p]).fma(ap, s13);
            s14 = FloatVector.broadcast(S, b[14 * ROW + p]).fma(ap, s14);
            s15 = FloatVector.broadcast(S, b[15 * ROW + p]).fma(ap, s15);
        }
        s0.intoMemorySegment(MEMORY, c, LE);
        s1.intoMemorySegment(MEMORY, c + V, LE);
        s2.intoMemorySegment(MEMORY, c + 2 * V, LE);
        s3.intoMemorySegment(MEMORY, c + 3 * V, LE);
        s4.intoMemorySegment(MEMORY, c + 4 * V, LE);
        s5.intoMemorySegment(MEMORY, c + 5 * V, LE);
        s6.intoMemorySegment(MEMORY, c + 6 * V, LE);
        s7.intoMemorySegment(MEMORY, c + 7 * V, LE);
        s8.intoMemorySegment(MEMORY, c + 8 * V, LE);
        s9.intoMemorySegment(MEMORY, c + 9 * V, LE);
        s10.intoMemorySegment(MEMORY, c + 10 * V, LE);
        s11.intoMemorySegment(MEMORY, c + 11 * V, LE);
        s12.intoMemorySegment(MEMORY, c + 12 * V, LE);
        s13.intoMemorySegment(MEMORY, c + 13 * V, LE);
        s14.intoMemorySegment(MEMORY, c + 14 * V, LE);
        s15.intoMemorySegment(MEMORY, c + 15 * V, LE);
    }

    private static void tile12x2(float[] b, long a, int k, boolean add, long c) {
        long from = add ? c : Scratch.ZEROS;
        long step = add ? 2 * V : 0;
        FloatVector s0a = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s0b = FloatVector.fromMemorySegment(S, MEMORY, from + V, LE);
        FloatVector s1a = FloatVector.fromMemorySegment(S, MEMORY, from + step, LE);
        FloatVector s1b = FloatVector.fromMemorySegment(S, MEMORY, from + step + V, LE);
        FloatVector s2a = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * step, LE);
        FloatVector s2b = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * step + V, LE);
        FloatVector s3a = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * step, LE);
        FloatVector s3b = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * step + V, LE);
        FloatVector s4a = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * step, LE);
        FloatVector s4b = FloatVector.fromMemorySegment(S, MEMORY, from + 4 * step + V, LE);
        FloatVector s5a = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * step, LE);
        FloatVector s5b = FloatVector.fromMemorySegment(S, MEMORY, from + 5 * step + V, LE);
        FloatVector s6a = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * step, LE);
        FloatVector s6b = FloatVector.fromMemorySegment(S, MEMORY, from + 6 * step + V, LE);
        FloatVector s7a = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * step, LE);
        FloatVector s7b = FloatVector.fromMemorySegment(S, MEMORY, from + 7 * step + V, LE);
        FloatVector s8a = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * step, LE);
        FloatVector s8b = FloatVector.fromMemorySegment(S, MEMORY, from + 8 * step + V, LE);
        FloatVector s9a = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * step, LE);
        FloatVector s9b = FloatVector.fromMemorySegment(S, MEMORY, from + 9 * step + V, LE);
        FloatVector s10a = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * step, LE);
        FloatVector s10b = FloatVector.fromMemorySegment(S, MEMORY, from + 10 * step + V, LE);
        FloatVector s11a = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * step, LE);
        FloatVector s11b = FloatVector.fromMemorySegment(S, MEMORY, from + 11 * step + V, LE);
        for (int p = 0; p < k; p++) {
            FloatVector aa = FloatVector.fromMemorySegment(S, MEMORY, a + 2 * V * p, LE);
            FloatVector ab = FloatVector.fromMemorySegment(S, MEMORY, a + 2 * V * p + V, LE);
            FloatVector b0 = FloatVector.broadcast(S, b[p]);
            s0a = b0.fma(aa, s0a);
            s0b = b0.fma(ab, s0b);
            FloatVector b1 = FloatVector.broadcast(S, b[ROW + p]);
            s1a = b1.fma(aa, s1a);
            s1b = b1.fma(ab, s1b);
            FloatVector b2 = FloatVector.broadcast(S, b[2 * ROW + p]);
            s2a = b2.fma(aa, s2a);
            s2b = b2.fma(ab, s2b);
            FloatVector b3 = FloatVector.broadcast(S, b[3 * ROW + p]);
            s3a = b3.fma(aa, s3a);
            s3b = b3.fma(ab, s3b);
            FloatVector b4 = FloatVector.broadcast(S, b[4 * ROW + p]);
            s4a = b4.fma(aa, s4a);
            s4b = b4.fma(ab, s4b);
            FloatVector b5 = FloatVector.broadcast(S, b[5 * ROW + p]);
            s5a = b5.fma(aa, s5a);
            s5b = b5.fma(ab, s5b);
            FloatVector b6 = FloatVector.broadcast(S, b[6 * ROW + p]);
            s6a = b6.fma(aa, s6a);
            s6b = b6.fma(ab, s6b);
            FloatVector b7 = FloatVector.broadcast(S, b[7 * ROW + p]);
            s7a = b7.fma(aa, s7a);
            s7b = b7.fma(ab, s7b);
            FloatVector b8 = FloatVector.broadcast(S, b[8 * ROW + p]);
            s8a = b8.fma(aa, s8a);
            s8b = b8.fma(ab, s8b);
            FloatVector b9 = FloatVector.broadcast(S, b[9 * ROW + p]);
            s9a = b9.fma(aa, s9a);
            s9b = b9.fma(ab, s9b);
            FloatVector b10 = FloatVector.broadcast(S, b[10 * ROW + p]);
            s10a = b10.fma(aa, s10a);
            s10b = b10.fma(ab, s10b);
            FloatVector b11 = FloatVector.broadcast(S, b[11 * ROW + p]);
            s11a = b11.fma(aa, s11a);
            s11b = b11.fma(ab, s11b);
        }
        s0a.intoMemorySegment(MEMORY, c, LE);
        s0b.intoMemorySegment(MEMORY, c + V, LE);
        s1a.intoMemorySegment(MEMORY, c + 2 * V, LE);
        s1b.intoMemorySegment(MEMORY, c + 3 * V, LE);
        s2a.intoMemorySegment(MEMORY, c + 4 * V, LE);
        s2b.intoMemorySegment(MEMORY, c + 5 * V, LE);
        s3a.intoMemorySegment(MEMORY, c + 6 * V, LE);
        s3b.intoMemorySegment(MEMORY, c + 7 * V, LE);
        s4a.intoMemorySegment(MEMORY, c + 8 * V, LE);
        s4b.intoMemorySegment(MEMORY, c + 9 * V, LE);
        s5a.intoMemorySegment(MEMORY, c + 10 * V, LE);
        s5b.intoMemorySegment(MEMORY, c + 11 * V, LE);
        s6a.intoMemorySegment(MEMORY, c + 12 * V, LE);
        s6b.intoMemorySegment(MEMORY, c + 13 * V, LE);
        s7a.intoMemorySegment(MEMORY, c + 14 * V, LE);
        s7b.intoMemorySegment(MEMORY, c + 15 * V, LE);
        s8a.intoMemorySegment(MEMORY, c + 16 * V, LE);
        s8b.intoMemorySegment(MEMORY, c + 17 * V, LE);
        s9a.intoMemorySegment(MEMORY, c + 18 * V, LE);
        s9b.intoMemorySegment(MEMORY, c + 19 * V, LE);
        s10a.intoMemorySegment(MEMORY, c + 20 * V, LE);
        s10b.intoMemorySegment(MEMORY, c + 21 * V, LE);
        s11a.intoMemorySegment(MEMORY, c + 22 * V, LE);
        s11b.intoMemorySegment(MEMORY, c + 23 * V, LE);
    }

    private static void tile4x2(float[] b, long a, int k, boolean add, long c) {
        long from = add ? c : Scratch.ZEROS;
        long step = add ? 2 * V : 0;
        FloatVector s0a = FloatVector.fromMemorySegment(S, MEMORY, from, LE);
        FloatVector s0b = FloatVector.fromMemorySegment(S, MEMORY, from + V, LE);
        FloatVector s1a = FloatVector.fromMemorySegment(S, MEMORY, from + step, LE);
        FloatVector s1b = FloatVector.fromMemorySegment(S, MEMORY, from + step + V, LE);
        FloatVector s2a = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * step, LE);
        FloatVector s2b = FloatVector.fromMemorySegment(S, MEMORY, from + 2 * step + V, LE);
        FloatVector s3a = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * step, LE);
        FloatVector s3b = FloatVector.fromMemorySegment(S, MEMORY, from + 3 * step + V, LE);
        for (int p = 0; p < k; p++) {
            FloatVector aa = FloatVector.fromMemorySegment(S, MEMORY, a + 2 * V * p, LE);
            FloatVector ab = FloatVector.fromMemorySegment(S, MEMORY, a + 2 * V * p + V, LE);
            FloatVector b0 = FloatVector.broadcast(S, b[p]);
            s0a = b0.fma(aa, s0a);
            s0b = b0.fma(ab, s0b);
            FloatVector b1 = FloatVector.broadcast(S, b[ROW + p]);
            s1a = b1.fma(aa, s1a);
            s1b = b1.fma(ab, s1b);
            FloatVector b2 = FloatVector.broadcast(S, b[2 * ROW + p]);
            s2a = b2.fma(aa, s2a);
            s2b = b2.fma(ab, s2b);
            FloatVector b3 = FloatVector.broadcast(S, b[3 * ROW + p]);
            s3a = b3.fma(aa, s3a);
            s3b = b3.fma(ab, s3b);
        }
        s0a.intoMemorySegment(MEMORY, c, LE);
        s0b.intoMemorySegment(MEMORY, c + V, LE);
        s1a.intoMemorySegment(MEMORY, c + 2 * V, LE);
        s1b.intoMemorySegment(MEMORY, c + 3 * V, LE);
        s2a.intoMemorySegment(MEMORY, c + 4 * V, LE);
        s2b.intoMemorySegment(MEMORY, c + 5 * V, LE);
        s3a.intoMemorySegment(MEMORY, c + 6 * V, LE);
        s3b.intoMemorySegment(MEMORY, c + 7 * V, LE);
    }
}
