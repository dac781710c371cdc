package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u32;
import static dev.gradine.tensor.cpu.BlockBits.u64;
import static dev.gradine.tensor.cpu.BlockBits.u8;
import static dev.gradine.tensor.cpu.BlockDots.unsigned;
import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// GGUF's Q5_0 and Q5_1: 32 values of five bits. Memory:
///
/// ```
/// Q5_0   f16 d, u32 qh, u8 qs[16]            x = d · (q − 16)
/// Q5_1   f16 d, f16 m, u32 qh, u8 qs[16]     x = d · q + m
///
/// q = nibble + 16 · bit v of qh              nibble the low one of qs[v], of v ≥ 16 the high one of qs[v − 16]
/// ```
///
/// 16 d and each product are exact, so the result is rounded once.
final class Q5Blocks {

    private static final IntVector LANE = IntVector.zero(I).addIndex(1);

    private Q5Blocks() {}

    /// Writes `n` values from value number `first` on, both multiples of 32.
    ///
    /// @param hasMinimum whether it is Q5_1
    static void read(long data, long first, int n, boolean hasMinimum, float[] to, int at) {
        int head = hasMinimum ? 8 : 6;
        for (int i = 0; i < n; i += 32) {
            long block = data + (first + i) / 32 * (head + 16);
            float d = half(block);
            float m = hasMinimum ? half(block + 2) : -16 * d;
            int qh = u32(block + head - 4);
            long qs = block + head;
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 16; l++) {
                    to[at + i + l] = d * ((u8(qs + l) & 15) | (((qh >> l) & 1) << 4)) + m;
                    to[at + i + l + 16] = d * ((u8(qs + l) >> 4) | (((qh >> (l + 16)) & 1) << 4)) + m;
                }
                continue;
            }
            for (int l = 0; l < 16; l += L) {
                IntVector q = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector bits = IntVector.broadcast(I, qh >>> l).lanewise(LSHR, LANE);
                IntVector low = q.and(15).or(bits.and(1).lanewise(LSHL, 4));
                IntVector high = q.lanewise(LSHR, 4).or(bits.lanewise(LSHR, 12).and(16));
                ((FloatVector) low.convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, m))
                        .intoArray(to, at + i + l);
                ((FloatVector) high.convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, m))
                        .intoArray(to, at + i + l + 16);
            }
        }
    }

    /// Partial sums of two rows of blocks, as `BlockDots` has them. Sixteen lanes are half a block.
    static void dots(BlockDots of, long b, boolean hasMinimum, int to) {
        float[] x = of.x;
        int blocks = of.k / 32;
        int head = hasMinimum ? 8 : 6;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long block = b + (head + 16L) * i;
            long other = block + of.apart;
            FloatVector low = FloatVector.fromArray(S, x, 32 * i);
            FloatVector high = FloatVector.fromArray(S, x, 32 * i + 16);
            long h0 = u64(block);
            long h1 = u64(other);
            FloatVector d0 = FloatVector.broadcast(S, Float.float16ToFloat((short) h0));
            FloatVector d1 = FloatVector.broadcast(S, Float.float16ToFloat((short) h1));
            FloatVector m0 = FloatVector.broadcast(S, minimum(h0, hasMinimum));
            FloatVector m1 = FloatVector.broadcast(S, minimum(h1, hasMinimum));
            h0 >>>= 8 * head - 32;
            h1 >>>= 8 * head - 32;
            IntVector q0 = unsigned(block + head);
            IntVector q1 = unsigned(other + head);
            s0 = values(q0.and(15), h0).fma(d0, m0).fma(low, s0);
            s1 = values(q1.and(15), h1).fma(d1, m1).fma(low, s1);
            s0 = values(q0.lanewise(LSHR, 4), h0 >>> 16).fma(d0, m0).fma(high, s0);
            s1 = values(q1.lanewise(LSHR, 4), h1 >>> 16).fma(d1, m1).fma(high, s1);
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    private static float minimum(long head, boolean hasMinimum) {
        return hasMinimum ? Float.float16ToFloat((short) (head >> 16)) : -16 * Float.float16ToFloat((short) head);
    }

    /// Codes with their fifth bits.
    private static FloatVector values(IntVector nibbles, long fifth) {
        return (FloatVector)
                nibbles.lanewise(OR, 16, VectorMask.fromLong(I, fifth & 0xffff)).convertShape(I2F, S, 0);
    }
}
