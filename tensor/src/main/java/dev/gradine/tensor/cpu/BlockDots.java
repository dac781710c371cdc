package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
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
final class BlockDots {

    /// Rows whose sums run side by side.
    static final int ROWS = 4;

    private static final boolean TABLES = L == 16;
    private static final FloatVector COUNT =
            (FloatVector) IntVector.zero(I).addIndex(1).convertShape(I2F, S, 0);

    private final DType dtype;
    private final float[] x;
    private final int k;
    private final long apart;
    private final float[] scales; // of parts of two blocks of Q4_K
    private final float[] sums;

    /// @param x the one row, of `k` values
    /// @param apart bytes from one of four rows to the next
    /// @param scratch room for 32 values
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
            case Q4_K -> TABLES;
            default -> false;
        };
    }

    /// Partial sums of four rows.
    ///
    /// @param b address of the first
    void run(long b) {
        if (dtype == DType.Q4_K) {
            superblocks(b, 0);
            superblocks(b + 2 * apart, 2 * L);
            return;
        }
        if (dtype == DType.Q8_0) {
            bytes(b);
        } else {
            nibbles(b, 0);
            nibbles(b + 2 * apart, 2 * L);
        }
    }

    /// What is added to all values of a block, of its first four bytes.
    private float minimum(int head, float scale) {
        return switch (dtype) {
            case Q4_0 -> -8 * scale;
            case Q4_1 -> Float.float16ToFloat((short) (head >> 16));
            default -> -scale * (head >>> 16);
        };
    }

    /// Four rows of Q8_0.
    private void bytes(long b) {
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
        s0.intoArray(sums, 0);
        s1.intoArray(sums, L);
        s2.intoArray(sums, 2 * L);
        s3.intoArray(sums, 3 * L);
    }

    private static FloatVector codes(long address) {
        return (FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, address, LITTLE_ENDIAN)
                .convertShape(B2F, S, 0);
    }

    private static IntVector unsigned(long address) {
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
            IntVector t0 = COUNT.mul(d0).add(minimum(head0, d0)).reinterpretAsInts();
            IntVector t1 = COUNT.mul(d1).add(minimum(head1, d1)).reinterpretAsInts();
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
            float m0 = minimum(head0, d0);
            float m1 = minimum(head1, d1);
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

    /// Two rows of Q4_K.
    private void superblocks(long b, int to) {
        int blocks = k / 256;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long block = b + 144L * i;
            Q4KBlocks.scalesAndMinima(block, scales, 0);
            Q4KBlocks.scalesAndMinima(block + apart, scales, 16);
            for (int s = 0; s < 8; s += 2) {
                int v = 256 * i + 32 * s;
                FloatVector v0 = FloatVector.fromArray(S, x, v);
                FloatVector v1 = FloatVector.fromArray(S, x, v + 16);
                FloatVector v2 = FloatVector.fromArray(S, x, v + 32);
                FloatVector v3 = FloatVector.fromArray(S, x, v + 48);
                long qs = block + 16 + 16L * s;
                IntVector even = COUNT.fma(FloatVector.broadcast(S, scales[s]), FloatVector.broadcast(S, scales[s + 8]))
                        .reinterpretAsInts();
                IntVector odd = COUNT.fma(
                                FloatVector.broadcast(S, scales[s + 1]), FloatVector.broadcast(S, scales[s + 9]))
                        .reinterpretAsInts();
                IntVector q0 = unsigned(qs);
                IntVector q1 = unsigned(qs + 16);
                s0 = q0.selectFrom(even).reinterpretAsFloats().fma(v0, s0);
                s0 = q1.selectFrom(even).reinterpretAsFloats().fma(v1, s0);
                s0 = q0.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v2, s0);
                s0 = q1.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v3, s0);
                even = COUNT.fma(FloatVector.broadcast(S, scales[s + 16]), FloatVector.broadcast(S, scales[s + 24]))
                        .reinterpretAsInts();
                odd = COUNT.fma(FloatVector.broadcast(S, scales[s + 17]), FloatVector.broadcast(S, scales[s + 25]))
                        .reinterpretAsInts();
                q0 = unsigned(qs + apart);
                q1 = unsigned(qs + apart + 16);
                s1 = q0.selectFrom(even).reinterpretAsFloats().fma(v0, s1);
                s1 = q1.selectFrom(even).reinterpretAsFloats().fma(v1, s1);
                s1 = q0.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v2, s1);
                s1 = q1.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v3, s1);
            }
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + L);
    }
}
