package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/// Rounds f32 values to a type that a GGUF file may hold, as ggml's reference does it, all in f32.
///
/// ```
/// F16, BF16   the nearest, ties to even
/// Q8_0        d = max|x| / 127                q = round(x / d), halves away from 0
/// Q4_0        d = m / −8, m the x of greatest |x|    q = min(15, ⌊x / d + 8.5⌋)
/// Q4_1        d = (max − min) / 15, m = min          q = min(15, ⌊(x − m) / d + 0.5⌋)
/// ```
///
/// Blocks are 32 consecutive values of a row; how they lie in memory `DType` says. The quotient is a product with 1/d,
/// and d is rounded to f16 after it has been used.
public final class GgufBlocks {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK = 32;

    private GgufBlocks() {}

    /// One block, or one value, of a type: reads `x`, writes at `at`.
    private interface Rounding {
        void round(float[] x, MemorySegment out, long at);
    }

    /// The values in another type.
    ///
    /// @param values f32 in host memory; its size is a multiple of the type's block
    /// @param arena of the result; a shared one, as all cores write
    /// @throws DTypeException if the type is not one of the five, or a value is too large for F16
    public static Tensor of(Tensor values, DType type, Arena arena) {
        if (values.dtype() == type) return values;
        Rounding rounding = switch (type) {
            case F16 -> GgufBlocks::f16;
            case BF16 -> GgufBlocks::bf16;
            case Q8_0 -> GgufBlocks::q8;
            case Q4_0 -> GgufBlocks::q4;
            case Q4_1 -> GgufBlocks::q4WithMinimum;
            default ->
                throw new DTypeException("round: type is %s, expected F16, BF16, Q8_0, Q4_0 or Q4_1".formatted(type));
        };
        MemorySegment in = values.data();
        MemorySegment out = arena.allocate(type.bytes(values.size()), Tensor.ALIGNMENT);
        int size = type.blockSize();
        int blocks = values.size() / size;
        int part = 1 << 12;
        IntStream.range(0, Math.ceilDiv(blocks, part)).parallel().forEach(p -> {
            float[] x = new float[size];
            for (int b = p * part; b < Math.min(blocks, (p + 1) * part); b++) {
                for (int i = 0; i < size; i++) x[i] = in.getAtIndex(F32, (long) b * size + i);
                rounding.round(x, out, (long) b * type.blockBytes());
            }
        });
        return new Tensor(out, type, values.shape());
    }

    private static void f16(float[] x, MemorySegment out, long at) {
        short rounded = Float.floatToFloat16(x[0]);
        if (Float.isInfinite(Float.float16ToFloat(rounded))) {
            throw new DTypeException(
                    "round: %s is too large for F16, expected at most 65504; BF16 has room for it".formatted(x[0]));
        }
        out.set(U16, at, rounded);
    }

    private static void bf16(float[] x, MemorySegment out, long at) {
        int bits = Float.floatToRawIntBits(x[0]);
        out.set(U16, at, (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16));
    }

    private static void q8(float[] x, MemorySegment out, long at) {
        float d = Math.abs(greatest(x)) / 127;
        float inverse = inverse(d);
        scale(out, at, d);
        for (int i = 0; i < BLOCK; i++) out.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) away(x[i] * inverse));
    }

    /// To the nearest, halves away from 0.
    private static int away(float v) {
        int whole = (int) v;
        float rest = v - whole;
        return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
    }

    private static void q4(float[] x, MemorySegment out, long at) {
        float d = greatest(x) / -8;
        float inverse = inverse(d);
        scale(out, at, d);
        nibbles(x, out, at + 2, 0, inverse, 8.5f);
    }

    private static void q4WithMinimum(float[] x, MemorySegment out, long at) {
        float min = x[0];
        float max = x[0];
        for (float v : x) {
            min = Math.min(min, v);
            max = Math.max(max, v);
        }
        float d = (max - min) / 15;
        scale(out, at, d);
        scale(out, at + 2, min);
        nibbles(x, out, at + 4, min, inverse(d), 0.5f);
    }

    /// Byte j holds value j in its low and value j + 16 in its high nibble.
    private static void nibbles(float[] x, MemorySegment out, long at, float min, float inverse, float shift) {
        for (int j = 0; j < BLOCK / 2; j++) {
            int low = nibble((x[j] - min) * inverse + shift);
            int high = nibble((x[j + BLOCK / 2] - min) * inverse + shift);
            out.set(ValueLayout.JAVA_BYTE, at + j, (byte) (low | high << 4));
        }
    }

    private static int nibble(float v) {
        return Math.min(15, (int) v);
    }

    /// The value of greatest magnitude, with its sign; the first of equals.
    private static float greatest(float[] x) {
        float greatest = 0;
        for (float v : x) if (Math.abs(v) > Math.abs(greatest)) greatest = v;
        return greatest;
    }

    private static float inverse(float d) {
        return d == 0 ? 0 : 1 / d;
    }

    private static void scale(MemorySegment out, long at, float d) {
        short rounded = Float.floatToFloat16(d);
        if (Float.isInfinite(Float.float16ToFloat(rounded))) {
            throw new DTypeException("round: a scale of %s is too large for F16, expected at most 65504".formatted(d));
        }
        out.set(U16, at, rounded);
    }
}
