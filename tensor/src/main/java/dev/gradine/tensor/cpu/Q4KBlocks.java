package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.byteOf;
import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u32;
import static dev.gradine.tensor.cpu.BlockBits.u8;
import static dev.gradine.tensor.cpu.BlockDots.unsigned;
import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.COUNT;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/// GGUF's Q4_K: 256 values in eight parts of 32, each with a scale and a minimum of six bits. Memory:
///
/// ```
/// f16 d, f16 dmin, u8 scales[12], u8 qs[128]
///
/// x = d · sc_s · q − dmin · mn_s     s = ⌊v / 32⌋, l = v mod 32; q the low nibble of qs[32 ⌊s/2⌋ + l], of odd s the
/// high
///
/// s < 4:   sc_s = scales[s] mod 64                        mn_s = scales[s + 4] mod 64
/// s ≥ 4:   sc_s = low nibble of scales[s + 4]             mn_s = high nibble of scales[s + 4]
///                 + 16 · the top two bits of scales[s−4]         + 16 · the top two bits of scales[s]
/// ```
///
/// Each product has at most 21 bits, so the result is rounded once, whether fused or not.
final class Q4KBlocks {

    private static final int BYTES_OF_BLOCK = 144;

    // Of lane s, the scale, and lane s + 8, the minimum: which byte has its low bits, which has its top two, and where.
    private static final IntVector LOW_BYTE = lanes(i -> i < 4 ? i : i < 8 ? i + 4 : i - 4);
    private static final IntVector HIGH_BYTE = lanes(i -> i < 8 ? Math.max(0, i - 4) : i - 8);
    private static final IntVector LOW_SHIFT = lanes(i -> i < 12 ? 0 : 4);
    private static final IntVector LOW_MASK = lanes(i -> i % 8 < 4 ? 63 : 15);
    private static final IntVector HIGH_MASK = lanes(i -> i % 8 < 4 ? 0 : 48);
    private static final VectorMask<Float> OF_MINIMA = VectorMask.fromLong(S, 0xff00 & ((1L << L) - 1));

    private Q4KBlocks() {}

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
                scales = scales(block + 4);
                minima = minima(block + 4);
                scale = half(block);
                min = -half(block + 2);
            }
            float d = scale * byteOf(scales, s);
            float m = min * byteOf(minima, s);
            long qs = block + 16 + 32L * (s / 2);
            int shift = 4 * (s % 2);
            if (!Decode.BLOCKS) {
                for (int l = 0; l < 32; l++) to[at + i + l] = d * ((u8(qs + l) >> shift) & 15) + m;
                continue;
            }
            for (int l = 0; l < 32; l += L) {
                IntVector q = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                        .convertShape(ZERO_EXTEND_B2I, I, 0);
                ((FloatVector) q.lanewise(LSHR, IntVector.broadcast(I, shift))
                                .and(15)
                                .convertShape(I2F, S, 0))
                        .fma(FloatVector.broadcast(S, d), FloatVector.broadcast(S, m))
                        .intoArray(to, at + i + l);
            }
        }
    }

    /// Partial sums of two rows of blocks, as `BlockDots` has them. Nibbles are looked up in the sixteen values that a
    /// part has, of sixteen lanes alone.
    static void dots(BlockDots of, long b, int to) {
        float[] x = of.x;
        float[] scales = of.scales;
        int blocks = of.k / 256;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long block = b + (long) BYTES_OF_BLOCK * i;
            for (int r = 0; r < 2; r++) scalesAndMinima(block + r * of.apart, scales, 16 * r);
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
                q0 = unsigned(qs + of.apart);
                q1 = unsigned(qs + of.apart + 16);
                s1 = q0.selectFrom(even).reinterpretAsFloats().fma(v0, s1);
                s1 = q1.selectFrom(even).reinterpretAsFloats().fma(v1, s1);
                s1 = q0.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v2, s1);
                s1 = q1.lanewise(LSHR, 4).selectFrom(odd).reinterpretAsFloats().fma(v3, s1);
            }
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// `d · sc_s` of all parts into `to[at …]`, and `−dmin · mn_s` behind them, of a block at an address. Of sixteen
    /// lanes alone.
    static void scalesAndMinima(long block, float[] to, int at) {
        int head = u32(block);
        FloatVector factors = FloatVector.broadcast(S, Float.float16ToFloat((short) head))
                .blend(-Float.float16ToFloat((short) (head >> 16)), OF_MINIMA);
        IntVector bytes = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 4, LITTLE_ENDIAN)
                .convertShape(ZERO_EXTEND_B2I, I, 0);
        IntVector low = LOW_BYTE.selectFrom(bytes).lanewise(LSHR, LOW_SHIFT).and(LOW_MASK);
        IntVector high = HIGH_BYTE.selectFrom(bytes).lanewise(LSHR, 2).and(HIGH_MASK);
        ((FloatVector) low.or(high).convertShape(I2F, S, 0)).mul(factors).intoArray(to, at);
    }

    private static IntVector lanes(IntUnaryOperator of) {
        return IntVector.fromArray(I, IntStream.range(0, L).map(of).toArray(), 0);
    }

    /// The scales of all parts, a byte each, of the 12 bytes at an address.
    static long scales(long address) {
        long low = u32(address) & 0x3f3f3f3fL;
        int high = (u32(address + 8) & 0x0f0f0f0f) | ((u32(address) >>> 2) & 0x30303030);
        return low | ((long) high << 32);
    }

    /// The minima of all parts, a byte each.
    static long minima(long address) {
        long low = u32(address + 4) & 0x3f3f3f3fL;
        int high = ((u32(address + 8) >>> 4) & 0x0f0f0f0f) | ((u32(address + 4) >>> 2) & 0x30303030);
        return low | ((long) high << 32);
    }
}
