package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Decode.COUNT;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.gradine.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Eight rows of floats times four rows of Q4_0, Q4_1 or GPTQ4: L partial sums of each, with the bits that they have of
/// rows that were decoded into an array.
///
/// Each part of a block is decoded in registers, while other units of the processor multiply. That is done twice for
/// sixteen rows, and still costs less than to write the values and to read them again.
final class NibbleTile {

    /// Rows of floats.
    static final int ROWS = 8;

    /// Rows of blocks.
    static final int COLUMNS = 4;

    private NibbleTile() {}

    /// Whether rows of `k` values of a type are multiplied here. The sums need more than sixteen registers.
    static boolean fits(DType dtype, int k) {
        return Decode.TABLES && k % 32 == 0 && (dtype == DType.Q4_0 || dtype == DType.Q4_1 || dtype == DType.GPTQ4);
    }

    /// Writes the sums: four vectors for each row of floats.
    ///
    /// @param x address of the first of eight rows of `k` floats
    /// @param b address of the first of four rows of blocks
    static void run(long x, int k, long b, DType dtype, float[] sums) {
        two(x, k, b, dtype, sums, 0);
        two(x, k, b + 2 * dtype.bytes(k), dtype, sums, 2 * L);
    }

    /// Two rows of blocks. Loads are written out: what this method calls beyond 18 000 nodes is not inlined.
    private static void two(long x, int k, long b, DType dtype, float[] sums, int to) {
        int bytes = dtype.blockBytes();
        long apart = dtype.bytes(k);
        FloatVector s00 = FloatVector.zero(S);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s40 = s00;
        FloatVector s41 = s00;
        FloatVector s50 = s00;
        FloatVector s51 = s00;
        FloatVector s60 = s00;
        FloatVector s61 = s00;
        FloatVector s70 = s00;
        FloatVector s71 = s00;
        for (int p = 0; p < k; p += 32) {
            long at0 = b + (long) bytes * (p >> 5);
            long at1 = at0 + apart;
            float d0 = BlockBits.half(at0);
            float d1 = BlockBits.half(at1);
            float m0 = BlockBits.minimum(dtype, BlockBits.u32(at0), d0);
            float m1 = BlockBits.minimum(dtype, BlockBits.u32(at1), d1);
            IntVector t0 = COUNT.mul(d0).add(m0).reinterpretAsInts();
            IntVector t1 = COUNT.mul(d1).add(m1).reinterpretAsInts();
            IntVector q0 = BlockDots.unsigned(at0 + bytes - 16);
            IntVector q1 = BlockDots.unsigned(at1 + bytes - 16);
            FloatVector b0 = q0.selectFrom(t0).reinterpretAsFloats();
            FloatVector b1 = q1.selectFrom(t1).reinterpretAsFloats();
            FloatVector v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * p, LITTLE_ENDIAN);
            s00 = v.fma(b0, s00);
            s01 = v.fma(b1, s01);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (k + p), LITTLE_ENDIAN);
            s10 = v.fma(b0, s10);
            s11 = v.fma(b1, s11);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (2 * k + p), LITTLE_ENDIAN);
            s20 = v.fma(b0, s20);
            s21 = v.fma(b1, s21);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (3 * k + p), LITTLE_ENDIAN);
            s30 = v.fma(b0, s30);
            s31 = v.fma(b1, s31);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (4 * k + p), LITTLE_ENDIAN);
            s40 = v.fma(b0, s40);
            s41 = v.fma(b1, s41);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (5 * k + p), LITTLE_ENDIAN);
            s50 = v.fma(b0, s50);
            s51 = v.fma(b1, s51);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (6 * k + p), LITTLE_ENDIAN);
            s60 = v.fma(b0, s60);
            s61 = v.fma(b1, s61);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (7 * k + p), LITTLE_ENDIAN);
            s70 = v.fma(b0, s70);
            s71 = v.fma(b1, s71);
            b0 = q0.lanewise(LSHR, 4).selectFrom(t0).reinterpretAsFloats();
            b1 = q1.lanewise(LSHR, 4).selectFrom(t1).reinterpretAsFloats();
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (p + 16), LITTLE_ENDIAN);
            s00 = v.fma(b0, s00);
            s01 = v.fma(b1, s01);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (k + p + 16), LITTLE_ENDIAN);
            s10 = v.fma(b0, s10);
            s11 = v.fma(b1, s11);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (2 * k + p + 16), LITTLE_ENDIAN);
            s20 = v.fma(b0, s20);
            s21 = v.fma(b1, s21);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (3 * k + p + 16), LITTLE_ENDIAN);
            s30 = v.fma(b0, s30);
            s31 = v.fma(b1, s31);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (4 * k + p + 16), LITTLE_ENDIAN);
            s40 = v.fma(b0, s40);
            s41 = v.fma(b1, s41);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (5 * k + p + 16), LITTLE_ENDIAN);
            s50 = v.fma(b0, s50);
            s51 = v.fma(b1, s51);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (6 * k + p + 16), LITTLE_ENDIAN);
            s60 = v.fma(b0, s60);
            s61 = v.fma(b1, s61);
            v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * (7 * k + p + 16), LITTLE_ENDIAN);
            s70 = v.fma(b0, s70);
            s71 = v.fma(b1, s71);
        }
        s00.intoArray(sums, to);
        s01.intoArray(sums, to + L);
        s10.intoArray(sums, to + 4 * L);
        s11.intoArray(sums, to + 5 * L);
        s20.intoArray(sums, to + 8 * L);
        s21.intoArray(sums, to + 9 * L);
        s30.intoArray(sums, to + 12 * L);
        s31.intoArray(sums, to + 13 * L);
        s40.intoArray(sums, to + 16 * L);
        s41.intoArray(sums, to + 17 * L);
        s50.intoArray(sums, to + 20 * L);
        s51.intoArray(sums, to + 21 * L);
        s60.intoArray(sums, to + 24 * L);
        s61.intoArray(sums, to + 25 * L);
        s70.intoArray(sums, to + 28 * L);
        s71.intoArray(sums, to + 29 * L);
    }
}
