package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Reads values of any real type that has no scales as f32: formulas in `DType`. Every value is rounded as the
/// formula's scalar form
/// rounds it, whatever the width of the vectors.
final class Decode {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    static final VectorSpecies<Float> S = Vectors.F;
    static final VectorSpecies<Integer> I = S.withLanes(int.class);
    static final int L = S.length();
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(S.vectorBitSize() / 2));

    /// As many bytes as a vector has floats. There is no vector of four bytes, so 128-bit machines decode one by one.
    static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, S.vectorBitSize() / 4)));

    /// 0, 1, 2 …
    static final FloatVector COUNT =
            (FloatVector) IntVector.zero(I).addIndex(1).convertShape(VectorOperators.I2F, S, 0);

    /// Whether blocks can be decoded in registers.
    static final boolean BLOCKS = BYTES.length() == L;

    /// Whether a vector holds what each code of four bits stands for.
    static final boolean TABLES = L == 16;

    private Decode() {}

    /// Writes `n` values from value number `first` on to `to[at …]`. For block types both `first` and `n` are
    /// multiples of 32, also where blocks are larger.
    static void toFloats(MemorySegment data, DType dtype, long first, int n, float[] to, int at) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(data, F32, 4 * first, to, at, n);
            case F16 -> f16(data, 2 * first, n, to, at);
            case BF16 -> bf16(data, 2 * first, n, to, at);
            case Q8_0 -> q8(data.address() + first / 32 * 34, n / 32, to, at);
            case Q4_0 -> q4(data.address() + first / 32 * 18, n / 32, dtype, to, at);
            case Q4_1, GPTQ4 -> q4(data.address() + first / 32 * 20, n / 32, dtype, to, at);
            case Q5_0 -> Q5Blocks.read(data.address(), first, n, false, to, at);
            case Q5_1 -> Q5Blocks.read(data.address(), first, n, true, to, at);
            case Q2_K -> Q2KBlocks.read(data.address(), first, n, to, at);
            case Q3_K -> Q3KBlocks.read(data.address(), first, n, to, at);
            case Q4_K -> Q4KBlocks.read(data.address(), first, n, to, at);
            case Q5_K -> Q5KBlocks.read(data.address(), first, n, to, at);
            case Q6_K -> Q6KBlocks.read(data.address(), first, n, to, at);
            case IQ4_NL -> TableBlocks.iq4nl(data.address(), first, n, to, at);
            case IQ4_XS -> TableBlocks.iq4xs(data.address(), first, n, to, at);
            case MXFP4 -> TableBlocks.mxfp4(data.address(), first, n, to, at);
            case NF4, FP4, DYNAMIC8, INT8, F8_E4M3, F8_E5M2 ->
                throw new IllegalArgumentException("decode: type is " + dtype + ", expected one without scales");
            case I64, I32, I16, I8, U8 ->
                throw new IllegalArgumentException("decode: type is " + dtype + ", expected a real type");
        }
    }

    // In the loops below every vector is a local of the method that loops: what a called method returns is an object
    // wherever the compiler stops inlining.

    /// Half precision by integers: exponents move from bias 15 to 127; subnormal, infinite and NaN are their own.
    private static void f16(MemorySegment data, long byteAt, int n, float[] to, int at) {
        int whole = S.loopBound(n);
        for (int i = 0; i < whole; i += L) {
            IntVector h = (IntVector) ShortVector.fromMemorySegment(SHORTS, data, byteAt + 2L * i, LITTLE_ENDIAN)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
            IntVector magnitude = h.and(0x7fff);
            IntVector sign = h.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            IntVector special = magnitude // all ones from 0x7c00 on
                    .lanewise(VectorOperators.NEG)
                    .add(0x7bff)
                    .lanewise(VectorOperators.ASHR, 31);
            IntVector subnormal = magnitude.add(-0x0400).lanewise(VectorOperators.ASHR, 31);
            IntVector bits =
                    magnitude.lanewise(VectorOperators.LSHL, 13).add(112 << 23).add(special.and(112 << 23));
            IntVector tiny = ((FloatVector) magnitude.convertShape(VectorOperators.I2F, S, 0))
                    .mul(0x1p-24f)
                    .reinterpretAsInts();
            bits = bits.lanewise(
                    VectorOperators.XOR,
                    bits.lanewise(VectorOperators.XOR, tiny).and(subnormal));
            bits.or(sign).reinterpretAsFloats().intoArray(to, at + i);
        }
        for (int i = whole; i < n; i++) to[at + i] = half(data, byteAt + 2L * i);
    }

    private static void bf16(MemorySegment data, long byteAt, int n, float[] to, int at) {
        int whole = S.loopBound(n);
        for (int i = 0; i < whole; i += L) {
            IntVector h = (IntVector) ShortVector.fromMemorySegment(SHORTS, data, byteAt + 2L * i, LITTLE_ENDIAN)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
            h.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, at + i);
        }
        for (int i = whole; i < n; i++) to[at + i] = bf16(data.get(U16, byteAt + 2L * i));
    }

    private static void q8(long from, int blocks, float[] to, int at) {
        for (int i = 0; i < blocks; i++) {
            long block = from + 34L * i;
            float d = BlockBits.half(block);
            if (!BLOCKS) {
                for (int j = 0; j < 32; j++) to[at + 32 * i + j] = d * MEMORY.get(I8, block + 2 + j);
                continue;
            }
            for (int j = 0; j < 32; j += L) {
                FloatVector q = (FloatVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + 2 + j, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.B2F, S, 0);
                q.mul(d).intoArray(to, at + 32 * i + j);
            }
        }
    }

    /// Whole numbers of eight bits, each times `d`.
    static void i8(MemorySegment data, long byteAt, int n, float d, float[] to, int at) {
        int whole = BLOCKS ? S.loopBound(n) : 0;
        for (int i = 0; i < whole; i += L) {
            FloatVector q = (FloatVector) ByteVector.fromMemorySegment(BYTES, data, byteAt + i, LITTLE_ENDIAN)
                    .convertShape(VectorOperators.B2F, S, 0);
            q.mul(d).intoArray(to, at + i);
        }
        for (int i = whole; i < n; i++) to[at + i] = d * data.get(I8, byteAt + i);
    }

    private static void q4(long from, int blocks, DType dtype, float[] to, int at) {
        int head = dtype.blockBytes() - 16;
        for (int i = 0; i < blocks; i++) {
            long block = from + (head + 16L) * i;
            float d = BlockBits.half(block);
            float m = BlockBits.minimum(dtype, BlockBits.u32(block), d);
            if (TABLES) {
                IntVector table = COUNT.mul(d).add(m).reinterpretAsInts(); // what each of 16 codes stands for
                IntVector q = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + head, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
                q.selectFrom(table).reinterpretAsFloats().intoArray(to, at + 32 * i);
                q.lanewise(VectorOperators.LSHR, 4)
                        .selectFrom(table)
                        .reinterpretAsFloats()
                        .intoArray(to, at + 32 * i + 16);
                continue;
            }
            if (!BLOCKS) {
                nibbles(block + head, d, m, to, at + 32 * i);
                continue;
            }
            for (int j = 0; j < 16; j += L) {
                IntVector q = (IntVector) ByteVector.fromMemorySegment(BYTES, MEMORY, block + head + j, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
                FloatVector low = (FloatVector) q.and(15).convertShape(VectorOperators.I2F, S, 0);
                FloatVector high =
                        (FloatVector) q.lanewise(VectorOperators.LSHR, 4).convertShape(VectorOperators.I2F, S, 0);
                low.mul(d).add(m).intoArray(to, at + 32 * i + j);
                high.mul(d).add(m).intoArray(to, at + 32 * i + 16 + j);
            }
        }
    }

    private static void nibbles(long from, float d, float m, float[] to, int at) {
        for (int j = 0; j < 16; j++) {
            int q = MEMORY.get(I8, from + j);
            to[at + j] = d * (q & 15) + m;
            to[at + j + 16] = d * ((q >> 4) & 15) + m;
        }
    }

    /// One f16.
    static float half(MemorySegment data, long byteAt) {
        return Float.float16ToFloat(data.get(U16, byteAt));
    }

    static float bf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /// Rounds to nearest, ties to even, as every other bf16 writer does; NaN stays NaN.
    static short toBf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        if (Float.isNaN(x)) return (short) ((bits >>> 16) | 0x40);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}
