package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u32;
import static dev.gradine.tensor.cpu.BlockBits.u8;
import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

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
}
