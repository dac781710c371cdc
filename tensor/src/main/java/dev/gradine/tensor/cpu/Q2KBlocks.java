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
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// GGUF's Q2_K: 256 values in sixteen parts of 16, each with a scale and a minimum of four bits. Memory:
///
/// ```
/// u8 scales[16], u8 qs[64], f16 d, f16 dmin
///
/// x = d · (scales[s] mod 16) · q − dmin · ⌊scales[s] / 16⌋     s = ⌊v / 16⌋
///     q   bits 2j and 2j + 1 of qs[32 h + l]                   h = ⌊v / 128⌋, j = ⌊v / 32⌋ mod 4, l = v mod 32
/// ```
final class Q2KBlocks {

    private static final int BYTES_OF_BLOCK = 84;

    private Q2KBlocks() {}

    /// Writes `n` values from value number `first` on, both multiples of 32.
    static void read(long data, long first, int n, float[] to, int at) {
        long block = data;
        long scales = 0;
        float d = 0;
        float min = 0;
        for (int i = 0; i < n; i += 32) {
            int part = (int) ((first + i) >>> 5) & 7;
            if (i == 0 || part % 4 == 0) {
                block = data + ((first + i) >>> 8) * BYTES_OF_BLOCK;
                scales = u64(block + 8L * (part / 4));
                d = half(block + 80);
                min = -half(block + 82);
            }
            int s0 = byteOf(scales, 2 * (part % 4));
            int s1 = byteOf(scales, 2 * (part % 4) + 1);
            long qs = block + 16 + 32L * (part / 4);
            int shift = 2 * (part % 4);
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 32; l++) {
                    int s = l < 16 ? s0 : s1;
                    to[at + i + l] = d * (s & 15) * ((u8(qs + l) >> shift) & 3) + min * (s >> 4);
                }
                continue;
            }
            for (int l = 0; l < 32; l += L) {
                int s = l < 16 ? s0 : s1;
                IntVector q = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                ((FloatVector) q.lanewise(LSHR, IntVector.broadcast(I, shift))
                                .and(3)
                                .convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d * (s & 15)), FloatVector.broadcast(S, min * (s >> 4)))
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
            for (int r = 0; r < 2; r++) scalesAndMinima(block + r * of.apart, scales, 32 * r);
            for (int p = 0; p < 16; p++) {
                long qs = 16 + 32L * (p >> 3) + 16L * (p & 1);
                int j = (p >> 1) & 3;
                FloatVector v = FloatVector.fromArray(S, x, 256 * i + 16 * p);
                s0 = codes(block + qs, j)
                        .fma(FloatVector.broadcast(S, scales[p]), FloatVector.broadcast(S, scales[p + 16]))
                        .fma(v, s0);
                s1 = codes(other + qs, j)
                        .fma(FloatVector.broadcast(S, scales[p + 32]), FloatVector.broadcast(S, scales[p + 48]))
                        .fma(v, s1);
            }
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// The scales of all parts of a block, and behind them what is added to their values, of sixteen lanes alone.
    private static void scalesAndMinima(long block, float[] to, int at) {
        IntVector both = unsigned(block);
        int factors = u32(block + 80);
        ((FloatVector) both.and(15).convertShape(I2F, S, 0))
                .mul(Float.float16ToFloat((short) factors))
                .intoArray(to, at);
        ((FloatVector) both.lanewise(LSHR, 4).convertShape(I2F, S, 0))
                .mul(-Float.float16ToFloat((short) (factors >> 16)))
                .intoArray(to, at + 16);
    }

    private static FloatVector codes(long qs, int j) {
        return (FloatVector) unsigned(qs)
                .lanewise(LSHR, IntVector.broadcast(I, 2 * j))
                .and(3)
                .convertShape(I2F, S, 0);
    }
}
