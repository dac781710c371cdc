package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.byteOf;
import static dev.gradine.tensor.cpu.BlockBits.half;
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

/// GGUF's Q5_K: Q4_K with a fifth bit. Memory:
///
/// ```
/// f16 d, f16 dmin, u8 scales[12], u8 qh[32], u8 qs[128]
///
/// x = d · sc_s · (q + 16 · bit s of qh[l]) − dmin · mn_s     s = ⌊v / 32⌋, l = v mod 32, the rest as in Q4_K
/// ```
final class Q5KBlocks {

    private static final int BYTES_OF_BLOCK = 176;

    private Q5KBlocks() {}

    /// Writes `n` values from value number `first` on, both multiples of 32.
    static void read(long data, long first, int n, float[] to, int at) {
        long block = data;
        long scales = 0;
        long minima = 0;
        float scale = 0;
        float min = 0;
        for (int i = 0; i < n; i += 32) {
            int s = (int) ((first + i) >>> 5) & 7;
            if (i == 0 || s == 0) {
                block = data + ((first + i) >>> 8) * BYTES_OF_BLOCK;
                scales = Q4KBlocks.scales(block + 4);
                minima = Q4KBlocks.minima(block + 4);
                scale = half(block);
                min = -half(block + 2);
            }
            float d = scale * byteOf(scales, s);
            float m = min * byteOf(minima, s);
            long qh = block + 16;
            long qs = block + 48 + 32L * (s / 2);
            int shift = 4 * (s % 2);
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 32; l++) {
                    int q = ((u8(qs + l) >> shift) & 15) | (((u8(qh + l) >> s) & 1) << 4);
                    to[at + i + l] = d * q + m;
                }
                continue;
            }
            for (int l = 0; l < 32; l += L) {
                IntVector low = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector high = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qh + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                IntVector q = low.lanewise(LSHR, IntVector.broadcast(I, shift))
                        .and(15)
                        .or(high.lanewise(LSHR, IntVector.broadcast(I, s))
                                .and(1)
                                .lanewise(LSHL, 4));
                ((FloatVector) q.convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, m))
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
            for (int r = 0; r < 2; r++) Q4KBlocks.scalesAndMinima(block + r * of.apart, scales, 16 * r);
            for (int p = 0; p < 16; p++) {
                int s = p >> 1;
                long qh = 16 + 16L * (p & 1);
                long qs = 32 + 32L * (s >> 1) + qh;
                FloatVector v = FloatVector.fromArray(S, x, 256 * i + 16 * p);
                s0 = codes(block + qs, block + qh, s)
                        .fma(FloatVector.broadcast(S, scales[s]), FloatVector.broadcast(S, scales[s + 8]))
                        .fma(v, s0);
                s1 = codes(other + qs, other + qh, s)
                        .fma(FloatVector.broadcast(S, scales[s + 16]), FloatVector.broadcast(S, scales[s + 24]))
                        .fma(v, s1);
            }
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    private static FloatVector codes(long qs, long qh, int s) {
        IntVector high = unsigned(qh).lanewise(LSHR, IntVector.broadcast(I, s)).and(1);
        IntVector low =
                unsigned(qs).lanewise(LSHR, IntVector.broadcast(I, 4 * (s & 1))).and(15);
        return (FloatVector) low.or(high.lanewise(LSHL, 4)).convertShape(I2F, S, 0);
    }
}
