package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.byteOf;
import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u64;
import static dev.gradine.tensor.cpu.BlockBits.u8;
import static dev.gradine.tensor.cpu.BlockDots.unsigned;
import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.B2F;
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

    /// Partial sums of two rows of blocks, as `BlockDots` has them.
    static void dots(BlockDots of, long b, int to) {
        float[] x = of.x;
        float[] scales = of.scales;
        int blocks = of.k / 256;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long block = b + (long) BYTES_OF_BLOCK * i;
            long other = block + of.apart;
            for (int r = 0; r < 2; r++) scales(block + r * of.apart, scales, 16 * r);
            for (int p = 0; p < 16; p++) {
                int j = (p >> 1) & 3;
                long l = 16L * (p & 1);
                long ql = 64L * (p >> 3) + 32L * (j & 1) + l;
                long qh = 128 + 32L * (p >> 3) + l;
                FloatVector v = FloatVector.fromArray(S, x, 256 * i + 16 * p);
                s0 = codes(block + ql, block + qh, j)
                        .fma(FloatVector.broadcast(S, scales[p]), FloatVector.broadcast(S, -32 * scales[p]))
                        .fma(v, s0);
                s1 = codes(other + ql, other + qh, j)
                        .fma(FloatVector.broadcast(S, scales[p + 16]), FloatVector.broadcast(S, -32 * scales[p + 16]))
                        .fma(v, s1);
            }
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// `d · scales[…]` of all parts of a block, of sixteen lanes alone.
    private static void scales(long block, float[] to, int at) {
        ((FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 192, LITTLE_ENDIAN)
                        .convertShape(B2F, S, 0))
                .mul(half(block + 208))
                .intoArray(to, at);
    }

    private static FloatVector codes(long ql, long qh, int j) {
        IntVector high =
                unsigned(qh).lanewise(LSHR, IntVector.broadcast(I, 2 * j)).and(3);
        IntVector low = unsigned(ql)
                .lanewise(LSHR, IntVector.broadcast(I, 4 * (j >> 1)))
                .and(15);
        return (FloatVector) low.or(high.lanewise(LSHL, 4)).convertShape(I2F, S, 0);
    }
}
