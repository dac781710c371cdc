package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Codes with scales as f32.
///
/// ```
/// x_i = table[q_i] · m_b          NF4, FP4          b = ⌊i / block⌋
/// x_i = table[q_i] · m_b + offset   DYNAMIC8: product and sum are rounded each, as bitsandbytes rounds them
/// x_i = f_i · m_b                   F8_E4M3, F8_E5M2
/// x_i = q_i · (m_b · 1/127)         INT8
/// ```
///
/// The magnitudes m are f32, or codes with scales that are read in the same way.
final class CodedValues {

    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /// 1/127, as bitsandbytes rounds it.
    private static final float INT8_UNIT = 1 / 127f;

    private static final VectorSpecies<Integer> I = Decode.I;
    private static final int L = I.length();

    /// Eight codes fill an int. There is no table of 16 numbers in vectors of four, which decode one by one.
    private static final boolean VECTORS = L == 8 || L == 16;

    /// By how many bits code i of an int lies to the left: the first of a byte is the high half.
    private static final IntVector SHIFTS = IntVector.fromArray(I, shifts(), 0);

    private static final VectorMask<Integer> UPPER = VectorMask.fromLong(I, VECTORS ? -1L << 8 : 0);

    private final MemorySegment codes;
    private final DType type;
    private final float[] table;
    private final int[] bits; // of the table
    private final Scales scales;
    private final MemorySegment magnitudes;
    private final @Nullable CodedValues codedMagnitudes;
    private final float offset;

    private CodedValues(Tensor t) {
        Scales s = t.scales();
        this.codes = t.data();
        this.type = t.dtype();
        Table of = Table.of(t.dtype());
        this.table = of.values;
        this.bits = of.bits;
        this.scales = s;
        this.magnitudes = s.magnitudes().data();
        this.codedMagnitudes = s.magnitudes().dtype().hasScales() ? of(s.magnitudes()) : null;
        this.offset = s.offset();
    }

    /// The values of `t`, of a type with scales.
    static CodedValues of(Tensor t) {
        return new CodedValues(t);
    }

    /// A table of numbers, made once.
    private static final class Table {
        private static final Table NF4 = new Table(DType.NF4);
        private static final Table FP4 = new Table(DType.FP4);
        private static final Table DYNAMIC8 = new Table(DType.DYNAMIC8);
        private static final Table NONE = new Table();

        private final float[] values;
        private final int[] bits;

        private Table(DType dtype) {
            this(CodeTable.of(dtype));
        }

        private Table(float... numbers) {
            values = numbers;
            bits = new int[values.length];
            for (int i = 0; i < bits.length; i++) bits[i] = Float.floatToRawIntBits(values[i]);
        }

        private static Table of(DType dtype) {
            return switch (dtype) {
                case NF4 -> NF4;
                case FP4 -> FP4;
                case DYNAMIC8 -> DYNAMIC8;
                default -> NONE;
            };
        }
    }

    private static int[] shifts() {
        int[] shifts = new int[L];
        for (int i = 0; i < L; i++) shifts[i] = 4 * (i % 8 ^ 1);
        return shifts;
    }

    /// Writes `n` values from value number `first` on to `to[at …]`.
    void read(long first, int n, float[] to, int at) {
        for (long i = first, end = first + n, next; i < end; i = next) {
            long block = scales.blockOf(i);
            next = Math.min(end, (block + 1) * scales.block());
            int to0 = at + (int) (i - first);
            int count = (int) (next - i);
            switch (type) {
                case INT8 -> Decode.i8(codes, i, count, magnitude(block) * INT8_UNIT, to, to0);
                case F8_E4M3, F8_E5M2 -> F8Values.read(codes, i, count, type, magnitude(block), to, to0);
                case DYNAMIC8 -> bytes(i, count, magnitude(block), to, to0);
                default -> halves(i, count, magnitude(block), to, to0);
            }
        }
    }

    private float magnitude(long block) {
        return codedMagnitudes == null ? magnitudes.get(F32, 4 * block) : codedMagnitudes.byteValue(block);
    }

    /// Value `i` of codes of eight bits.
    private float byteValue(long i) {
        float product = table[codes.get(U8, i) & 0xff] * magnitude(scales.blockOf(i));
        return product + offset;
    }

    private void bytes(long first, int n, float magnitude, float[] to, int at) {
        for (int i = 0; i < n; i++) {
            float product = table[codes.get(U8, first + i) & 0xff] * magnitude;
            to[at + i] = product + offset;
        }
    }

    /// Codes of four bits, of one block.
    private void halves(long first, int n, float magnitude, float[] to, int at) {
        int head = (int) (first & 1); // in the low half of a byte
        if (head == 1) to[at] = table[codes.get(U8, first / 2) & 15] * magnitude;
        long byteAt = (first + head) / 2;
        int whole = VECTORS ? (n - head) / L * L : 0;
        if (L == 16) sixteens(codes, byteAt, whole, bits, magnitude, to, at + head);
        else if (VECTORS) eights(codes, byteAt, whole, bits, magnitude, to, at + head);
        for (int i = head + whole; i < n; i++) {
            int left = ((first + i) & 1) == 0 ? 4 : 0;
            to[at + i] = table[codes.get(U8, (first + i) / 2) >> left & 15] * magnitude;
        }
    }

    // In the two below every vector is a local of the method that loops: see Decode.

    private static void sixteens(
            MemorySegment codes, long byteAt, int n, int[] bits, float magnitude, float[] to, int at) {
        IntVector table = IntVector.fromArray(I, bits, 0);
        for (int i = 0; i < n; i += L) {
            long word = codes.get(I64, byteAt + i / 2);
            IntVector q = IntVector.broadcast(I, (int) word)
                    .blend(IntVector.broadcast(I, (int) (word >>> 32)), UPPER)
                    .lanewise(VectorOperators.LSHR, SHIFTS)
                    .and(15);
            q.selectFrom(table).reinterpretAsFloats().mul(magnitude).intoArray(to, at + i);
        }
    }

    private static void eights(
            MemorySegment codes, long byteAt, int n, int[] bits, float magnitude, float[] to, int at) {
        IntVector low = IntVector.fromArray(I, bits, 0);
        IntVector high = IntVector.fromArray(I, bits, 8);
        for (int i = 0; i < n; i += L) {
            IntVector q = IntVector.broadcast(I, codes.get(I32, byteAt + i / 2))
                    .lanewise(VectorOperators.LSHR, SHIFTS)
                    .and(15);
            VectorMask<Integer> isHigh = q.compare(VectorOperators.GT, 7);
            IntVector place = q.and(7);
            place.selectFrom(low)
                    .blend(place.selectFrom(high), isHigh)
                    .reinterpretAsFloats()
                    .mul(magnitude)
                    .intoArray(to, at + i);
        }
    }
}
