package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.COUNT;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Decode.TABLES;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import dev.gradine.tensor.DType;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Dot products of one row with four rows of blocks, which are decoded in registers: L partial sums of each, with the
/// bits that they have of rows that were decoded into an array.
///
/// With sixteen lanes the sixteen values that nibbles of a block stand for are computed once, and looked up. Four rows
/// of these would be too much for one method: behind 18 000 nodes the compiler inlines nothing, and vectors become
/// objects. Scales are read where they are used: a loop of its own over them waits for memory twice.
///
/// Each type has its own loop over its blocks, beside its formula: one loop for all would call what the compiler does
/// not know, and the vectors that this returned would be objects, too.
final class BlockDots {

    /// Rows whose sums run side by side.
    static final int ROWS = 4;

    /// The one row.
    final float[] x;

    /// How many values it has.
    final int k;

    /// Bytes from one row of blocks to the next.
    final long apart;

    /// Room for scales and minima of parts of two blocks.
    final float[] scales;

    /// Where partial sums go.
    final float[] sums;

    private final DType dtype;

    /// @param x the one row, of `k` values
    /// @param apart bytes from one of four rows to the next
    /// @param scratch room for 64 values
    /// @param sums where partial sums of four rows go, side by side
    BlockDots(DType dtype, float[] x, int k, long apart, float[] scratch, float[] sums) {
        this.dtype = dtype;
        this.x = x;
        this.k = k;
        this.apart = apart;
        scales = scratch;
        this.sums = sums;
    }

    /// Whether rows of `k` values of a type are multiplied here: whole blocks of these types.
    static boolean fits(DType dtype, int k) {
        if (!Decode.BLOCKS || k % dtype.blockSize() != 0) return false;
        return switch (dtype) {
            case Q8_0, Q4_0, Q4_1, GPTQ4 -> true;
            case IQ4_NL, MXFP4, IQ4_XS, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> TABLES;
            default -> false;
        };
    }

    /// Partial sums of four rows.
    ///
    /// @param b address of the first
    /// @param to where in `sums` they go
    void run(long b, int to) {
        if (dtype == DType.Q8_0) {
            bytes(b, to);
            return;
        }
        two(b, to);
        two(b + 2 * apart, to + 2 * L);
    }

    private void two(long b, int to) {
        switch (dtype) {
            case Q2_K -> Q2KBlocks.dots(this, b, to);
            case Q3_K -> Q3KBlocks.dots(this, b, to);
            case Q4_K -> Q4KBlocks.dots(this, b, to);
            case Q5_K -> Q5KBlocks.dots(this, b, to);
            case Q6_K -> Q6KBlocks.dots(this, b, to);
            case Q5_0 -> Q5Blocks.dots(this, b, false, to);
            case Q5_1 -> Q5Blocks.dots(this, b, true, to);
            case IQ4_NL, MXFP4 -> TableBlocks.dots(this, b, dtype == DType.MXFP4, to);
            case IQ4_XS -> TableBlocks.iq4xsDots(this, b, to);
            default -> nibbles(b, to);
        }
    }

    /// Four rows of Q8_0.
    private void bytes(long b, int to) {
        int blocks = k / 32;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int i = 0; i < blocks; i++) {
            long at0 = b + 34L * i;
            long at1 = at0 + apart;
            long at2 = at1 + apart;
            long at3 = at2 + apart;
            FloatVector d0 = FloatVector.broadcast(S, BlockBits.half(at0));
            FloatVector d1 = FloatVector.broadcast(S, BlockBits.half(at1));
            FloatVector d2 = FloatVector.broadcast(S, BlockBits.half(at2));
            FloatVector d3 = FloatVector.broadcast(S, BlockBits.half(at3));
            for (int j = 0; j < 32; j += L) {
                FloatVector v = FloatVector.fromArray(S, x, 32 * i + j);
                s0 = codes(at0 + 2 + j).mul(d0).fma(v, s0);
                s1 = codes(at1 + 2 + j).mul(d1).fma(v, s1);
                s2 = codes(at2 + 2 + j).mul(d2).fma(v, s2);
                s3 = codes(at3 + 2 + j).mul(d3).fma(v, s3);
            }
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + L);
        s2.intoArray(sums, to + 2 * L);
        s3.intoArray(sums, to + 3 * L);
    }

    private static FloatVector codes(long address) {
        return (FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, address, LITTLE_ENDIAN)
                .convertShape(B2F, S, 0);
    }

    /// As many bytes as there are lanes, from 0 to 255.
    static IntVector unsigned(long address) {
        return (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, address, LITTLE_ENDIAN)
                .convertShape(ZERO_EXTEND_B2I, I, 0);
    }

    /// Two rows of Q4_0, Q4_1 or GPTQ4.
    private void nibbles(long b, int to) {
        if (TABLES) lookedUp(b, to);
        else computed(b, to);
    }

    /// The lower halves of 16 bytes are the first sixteen codes. A look-up regards the last four bits of its numbers.
    private void lookedUp(long b, int to) {
        int blocks = k / 32;
        int bytes = dtype.blockBytes();
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long at0 = b + (long) bytes * i;
            long at1 = at0 + apart;
            int head0 = BlockBits.u32(at0);
            int head1 = BlockBits.u32(at1);
            float d0 = Float.float16ToFloat((short) head0);
            float d1 = Float.float16ToFloat((short) head1);
            IntVector t0 =
                    COUNT.mul(d0).add(BlockBits.minimum(dtype, head0, d0)).reinterpretAsInts();
            IntVector t1 =
                    COUNT.mul(d1).add(BlockBits.minimum(dtype, head1, d1)).reinterpretAsInts();
            IntVector q0 = unsigned(at0 + bytes - 16);
            IntVector q1 = unsigned(at1 + bytes - 16);
            FloatVector low = FloatVector.fromArray(S, x, 32 * i);
            FloatVector high = FloatVector.fromArray(S, x, 32 * i + 16);
            s0 = q0.selectFrom(t0).reinterpretAsFloats().fma(low, s0);
            s1 = q1.selectFrom(t1).reinterpretAsFloats().fma(low, s1);
            s0 = q0.lanewise(LSHR, 4).selectFrom(t0).reinterpretAsFloats().fma(high, s0);
            s1 = q1.lanewise(LSHR, 4).selectFrom(t1).reinterpretAsFloats().fma(high, s1);
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + L);
    }

    /// The same with fewer lanes than a nibble has values.
    private void computed(long b, int to) {
        int blocks = k / 32;
        int bytes = dtype.blockBytes();
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long at0 = b + (long) bytes * i;
            long at1 = at0 + apart;
            int head0 = BlockBits.u32(at0);
            int head1 = BlockBits.u32(at1);
            float d0 = Float.float16ToFloat((short) head0);
            float d1 = Float.float16ToFloat((short) head1);
            float m0 = BlockBits.minimum(dtype, head0, d0);
            float m1 = BlockBits.minimum(dtype, head1, d1);
            for (int j = 0; j < 32; j += L) {
                FloatVector v = FloatVector.fromArray(S, x, 32 * i + j);
                s0 = nibblesOf(at0 + bytes - 16, j).mul(d0).add(m0).fma(v, s0);
                s1 = nibblesOf(at1 + bytes - 16, j).mul(d1).add(m1).fma(v, s1);
            }
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + L);
    }

    /// Codes `j … j + L` of a block of 32.
    private static FloatVector nibblesOf(long bytes, int j) {
        return (FloatVector)
                unsigned(bytes + (j & 15)).lanewise(LSHR, j >> 4 << 2).and(15).convertShape(I2F, S, 0);
    }
}
