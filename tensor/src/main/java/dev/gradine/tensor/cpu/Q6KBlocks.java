package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.byteOf;
import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u64;
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

/// GGUF's Q6_K: 256 values in sixteen parts of 16, each with a scale of eight bits. Memory:
///
/// ```
/// u8 ql[128], u8 qh[64], i8 scales[16], f16 d
///
/// x = d · scales[⌊v / 16⌋] · (low + 16 · high − 32)     h = ⌊v / 128⌋, j = ⌊v / 32⌋ mod 4, l = v mod 32
///     low   nibble ⌊j / 2⌋ of ql[64 h + v mod 64]       high   bits 2j and 2j + 1 of qh[32 h + l]
/// ```
///
/// 32 times the scale is exact, so the fused form rounds once, as the product does.
final class Q6KBlocks {

    private static final int BYTES_OF_BLOCK = 210;

    private Q6KBlocks() {}

    /// Writes `n` values from value number `first` on, both multiples of 32.
    static void read(long data, long first, int n, float[] to, int at) {
        long block = data;
        long scales = 0;
        float scale = 0;
        for (int i = 0; i < n; i += 32) {
            int s = (int) ((first + i) >>> 5) & 7;
            if (i == 0 || s % 4 == 0) {
                block = data + ((first + i) >>> 8) * BYTES_OF_BLOCK;
                scales = u64(block + 192 + 8L * (s / 4));
                scale = half(block + 208);
            }
            int h = s / 4;
            int j = s % 4;
            float d0 = scale * (byte) byteOf(scales, 2 * j);
            float d1 = scale * (byte) byteOf(scales, 2 * j + 1);
            long ql = block + 64L * h + 32L * (j % 2);
            long qh = block + 128 + 32L * h;
            int nibble = 4 * (j / 2);
            int pair = 2 * j;
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 32; l++) {
                    int q = ((u8(ql + l) >> nibble) & 15) | (((u8(qh + l) >> pair) & 3) << 4);
                    to[at + i + l] = (l < 16 ? d0 : d1) * (q - 32);
                }
                continue;
            }
            for (int l = 0; l < 32; l += L) {
                float d = l < 16 ? d0 : d1;
                IntVector low = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, ql + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector high = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qh + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector q = low.lanewise(LSHR, IntVector.broadcast(I, nibble))
                        .and(15)
                        .or(high.lanewise(LSHR, IntVector.broadcast(I, pair))
                                .and(3)
                                .lanewise(LSHL, 4));
                ((FloatVector) q.convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, -32 * d))
                        .intoArray(to, at + i + l);
            }
        }
    }
}
