package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.byteOf;
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
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// GGUF's Q3_K: 256 values in sixteen parts of 16, each with a scale of six bits. Memory:
///
/// ```
/// u8 hmask[32], u8 qs[64], u8 scales[12], f16 d
///
/// x = d · (sc_s − 32) · (q + 4 · bit − 4)                   s = ⌊v / 16⌋
///     q     bits 2j and 2j + 1 of qs[32 h + l]              h = ⌊v / 128⌋, j = ⌊v / 32⌋ mod 4, l = v mod 32
///     bit   bit 4h + j of hmask[l]
///     sc_s  low nibble of scales[s], of s ≥ 8 the high one of scales[s − 8],
///           + 16 · bits 2⌊s/4⌋ and 2⌊s/4⌋ + 1 of scales[8 + s mod 4]
/// ```
final class Q3KBlocks {

    private static final int BYTES_OF_BLOCK = 110;

    private Q3KBlocks() {}

    /// Writes `n` values from value number `first` on, both multiples of 32.
    static void read(long data, long first, int n, float[] to, int at) {
        long block = data;
        long scales = 0;
        float scale = 0;
        for (int i = 0; i < n; i += 32) {
            int part = (int) ((first + i) >>> 5) & 7;
            if (i == 0 || part % 4 == 0) {
                block = data + ((first + i) >>> 8) * BYTES_OF_BLOCK;
                scales = scales(block + 96, part >= 4);
                scale = half(block + 108);
            }
            float d0 = scale * (byteOf(scales, 2 * (part % 4)) - 32);
            float d1 = scale * (byteOf(scales, 2 * (part % 4) + 1) - 32);
            long qs = block + 32 + 32L * (part / 4);
            int shift = 2 * (part % 4);
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 32; l++) {
                    int q = ((u8(qs + l) >> shift) & 3) | (((u8(block + l) >> part) & 1) << 2);
                    to[at + i + l] = (l < 16 ? d0 : d1) * (q - 4);
                }
                continue;
            }
            for (int l = 0; l < 32; l += L) {
                float d = l < 16 ? d0 : d1;
                IntVector low = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector high = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector q = low.lanewise(LSHR, IntVector.broadcast(I, shift))
                        .and(3)
                        .or(high.lanewise(LSHR, IntVector.broadcast(I, part))
                                .and(1)
                                .lanewise(LSHL, 2));
                ((FloatVector) q.convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, -4 * d))
                        .intoArray(to, at + i + l);
            }
        }
    }

    /// The scales of parts 0 to 7, or of 8 to 15, a byte each, of the 12 bytes at an address.
    private static long scales(long address, boolean upper) {
        long low = (u64(address) >>> (upper ? 4 : 0)) & 0x0f0f0f0f_0f0f0f0fL;
        long high = (u32(address + 8) & 0xffff_ffffL) >>> (upper ? 4 : 0);
        long first = high & 0x03030303L;
        long second = (high >>> 2) & 0x03030303L;
        return low | (first << 4) | (second << 36);
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
                long l = 16L * (p & 1);
                long qs = 32 + 32L * (p >> 3) + l;
                int part = p >> 1;
                FloatVector v = FloatVector.fromArray(S, x, 256 * i + 16 * p);
                s0 = codes(block + qs, block + l, part)
                        .fma(FloatVector.broadcast(S, scales[p]), FloatVector.broadcast(S, -4 * scales[p]))
                        .fma(v, s0);
                s1 = codes(other + qs, other + l, part)
                        .fma(FloatVector.broadcast(S, scales[p + 16]), FloatVector.broadcast(S, -4 * scales[p + 16]))
                        .fma(v, s1);
            }
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// `d · (sc_s − 32)` of all parts of a block.
    private static void scales(long block, float[] to, int at) {
        float d = half(block + 108);
        for (int h = 0; h < 2; h++) {
            long eight = scales(block + 96, h == 1);
            for (int s = 0; s < 8; s++) to[at + 8 * h + s] = d * (byteOf(eight, s) - 32);
        }
    }

    private static FloatVector codes(long qs, long hmask, int part) {
        IntVector high =
                unsigned(hmask).lanewise(LSHR, IntVector.broadcast(I, part)).and(1);
        IntVector low = unsigned(qs)
                .lanewise(LSHR, IntVector.broadcast(I, 2 * (part & 3)))
                .and(3);
        return (FloatVector) low.or(high.lanewise(LSHL, 2)).convertShape(I2F, S, 0);
    }
}
