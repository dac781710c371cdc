package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.BlockBits.half;
import static dev.gradine.tensor.cpu.BlockBits.u16;
import static dev.gradine.tensor.cpu.BlockBits.u8;
import static dev.gradine.tensor.cpu.BlockDots.unsigned;
import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// GGUF's types whose nibbles are numbers of a table. Memory:
///
/// ```
/// IQ4_NL   32 values: f16 d, u8 qs[16]        x = d · T[q]
/// MXFP4    32 values: u8 e, u8 qs[16]         x = 2^(e − 128) · M[q]
///          q the low nibble of qs[v], of v ≥ 16 the high one of qs[v − 16]
///
/// IQ4_XS   256 values: f16 d, u16 high, u8 low[4], u8 qs[128]     x = d · (ls − 32) · T[q], s = ⌊v / 32⌋
///          ls   nibble s mod 2 of low[⌊s/2⌋] + 16 · bits 2s and 2s + 1 of high
///          q    of each part of 32 values as in IQ4_NL, of bytes 16 s … of qs
///
/// T = −127 −104 −83 −65 −49 −35 −22 −10 1 13 25 38 53 69 89 113
/// M = 0 1 2 3 4 6 8 12, then the same below 0
/// ```
///
/// M holds twice the numbers of OCP's e2m1 (Microscaling Formats 1.0, section 5.3.3), so scales are halved.
final class TableBlocks {

    private static final float[] T = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    private static final float[] M = {0, 1, 2, 3, 4, 6, 8, 12, -0f, -1, -2, -3, -4, -6, -8, -12};

    private TableBlocks() {}

    /// Writes `n` values of IQ4_NL from value number `first` on, both multiples of 32.
    static void iq4nl(long data, long first, int n, float[] to, int at) {
        for (int i = 0; i < n; i += 32) {
            long block = data + (first + i) / 32 * 18;
            nibbles(block + 2, half(block), T, to, at + i);
        }
    }

    /// The same of MXFP4.
    static void mxfp4(long data, long first, int n, float[] to, int at) {
        for (int i = 0; i < n; i += 32) {
            long block = data + (first + i) / 32 * 17;
            nibbles(block + 1, power(u8(block)), M, to, at + i);
        }
    }

    /// 2^(e − 128): below 2^−126 it is subnormal.
    private static float power(int e) {
        return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : (e - 1) << 23);
    }

    /// The same of IQ4_XS.
    static void iq4xs(long data, long first, int n, float[] to, int at) {
        for (int i = 0; i < n; i += 32) {
            long block = data + ((first + i) >>> 8) * 136;
            int s = (int) ((first + i) >>> 5) & 7;
            nibbles(block + 8 + 16L * s, half(block) * xsScale(block, s), T, to, at + i);
        }
    }

    /// 32 values, of 16 bytes.
    private static void nibbles(long qs, float d, float[] table, float[] to, int at) {
        if (!Decode.BLOCKS) {
            for (int l = 0; l < 16; l++) {
                to[at + l] = d * table[u8(qs + l) & 15];
                to[at + l + 16] = d * table[u8(qs + l) >> 4];
            }
            return;
        }
        if (L == 16) sixteens(qs, d, table, to, at);
        else eights(qs, d, table, to, at);
    }

    private static void sixteens(long qs, float d, float[] table, float[] to, int at) {
        IntVector numbers = FloatVector.fromArray(S, table, 0).mul(d).reinterpretAsInts();
        IntVector q = (IntVector)
                ByteVector.fromMemorySegment(BYTES, MEMORY, qs, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, I, 0);
        q.and(15).selectFrom(numbers).reinterpretAsFloats().intoArray(to, at);
        q.lanewise(LSHR, 4).selectFrom(numbers).reinterpretAsFloats().intoArray(to, at + 16);
    }

    private static void eights(long qs, float d, float[] table, float[] to, int at) {
        IntVector low = FloatVector.fromArray(S, table, 0).mul(d).reinterpretAsInts();
        IntVector high = FloatVector.fromArray(S, table, 8).mul(d).reinterpretAsInts();
        for (int l = 0; l < 16; l += 8) {
            IntVector both = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, qs + l, LITTLE_ENDIAN)
                    .convertShape(ZERO_EXTEND_B2I, I, 0);
            for (int side = 0; side < 2; side++) {
                IntVector q = both.lanewise(LSHR, 4 * side).and(15);
                VectorMask<Integer> isHigh = q.compare(VectorOperators.GT, 7);
                IntVector place = q.and(7);
                place.selectFrom(low)
                        .blend(place.selectFrom(high), isHigh)
                        .reinterpretAsFloats()
                        .intoArray(to, at + l + 16 * side);
            }
        }
    }

    /// Partial sums of two rows of blocks of 32 values, as `BlockDots` has them, of sixteen lanes alone.
    static void dots(BlockDots of, long b, boolean isMxfp4, int to) {
        float[] x = of.x;
        int blocks = of.k / 32;
        int head = isMxfp4 ? 1 : 2;
        FloatVector table = FloatVector.fromArray(S, isMxfp4 ? M : T, 0);
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long block = b + (head + 16L) * i;
            long other = block + of.apart;
            IntVector t0 = table.mul(isMxfp4 ? power(u8(block)) : half(block)).reinterpretAsInts();
            IntVector t1 = table.mul(isMxfp4 ? power(u8(other)) : half(other)).reinterpretAsInts();
            IntVector q0 = unsigned(block + head);
            IntVector q1 = unsigned(other + head);
            FloatVector low = FloatVector.fromArray(S, x, 32 * i);
            FloatVector high = FloatVector.fromArray(S, x, 32 * i + 16);
            s0 = q0.selectFrom(t0).reinterpretAsFloats().fma(low, s0);
            s1 = q1.selectFrom(t1).reinterpretAsFloats().fma(low, s1);
            s0 = q0.lanewise(LSHR, 4).selectFrom(t0).reinterpretAsFloats().fma(high, s0);
            s1 = q1.lanewise(LSHR, 4).selectFrom(t1).reinterpretAsFloats().fma(high, s1);
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// The same of IQ4_XS.
    static void iq4xsDots(BlockDots of, long b, int to) {
        float[] x = of.x;
        int parts = of.k / 32;
        FloatVector table = FloatVector.fromArray(S, T, 0);
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int p = 0; p < parts; p++) {
            long block = b + 136L * (p >> 3);
            long other = block + of.apart;
            int s = p & 7;
            IntVector t0 = table.mul(half(block) * xsScale(block, s)).reinterpretAsInts();
            IntVector t1 = table.mul(half(other) * xsScale(other, s)).reinterpretAsInts();
            IntVector q0 = unsigned(block + 8 + 16L * s);
            IntVector q1 = unsigned(other + 8 + 16L * s);
            FloatVector low = FloatVector.fromArray(S, x, 32 * p);
            FloatVector high = FloatVector.fromArray(S, x, 32 * p + 16);
            s0 = q0.selectFrom(t0).reinterpretAsFloats().fma(low, s0);
            s1 = q1.selectFrom(t1).reinterpretAsFloats().fma(low, s1);
            s0 = q0.lanewise(LSHR, 4).selectFrom(t0).reinterpretAsFloats().fma(high, s0);
            s1 = q1.lanewise(LSHR, 4).selectFrom(t1).reinterpretAsFloats().fma(high, s1);
        }
        s0.intoArray(of.sums, to);
        s1.intoArray(of.sums, to + L);
    }

    /// The scale of part `s` of a block of IQ4_XS, without d.
    private static int xsScale(long block, int s) {
        return (((u8(block + 4 + s / 2) >> (4 * (s % 2))) & 15) | (((u16(block + 2) >> (2 * s)) & 3) << 4)) - 32;
    }
}
