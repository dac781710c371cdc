package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads values of any real type as f32: formulas in `DType`.
final class Decode {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    private Decode() {}

    /// Writes `n` values from value number `first` on to `to[at …]`. For block types both `first` and `n` are
    /// multiples of the block size.
    static void toFloats(MemorySegment data, DType dtype, long first, int n, float[] to, int at) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(data, F32, 4 * first, to, at, n);
            case F16 -> {
                for (int i = 0; i < n; i++) to[at + i] = Float.float16ToFloat(data.get(U16, 2 * (first + i)));
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) to[at + i] = bf16(data.get(U16, 2 * (first + i)));
            }
            case Q8_0, Q4_0, Q4_1 -> {
                for (int i = 0; i < n; i += 32) block(data, dtype, (first + i) / 32 * dtype.blockBytes(), to, at + i);
            }
            case I64, I32, I8, U8 ->
                throw new IllegalArgumentException("decode: type is " + dtype + ", expected a real type");
        }
    }

    private static void block(MemorySegment data, DType dtype, long byteAt, float[] to, int at) {
        float d = Float.float16ToFloat(data.get(U16, byteAt));
        switch (dtype) {
            case Q8_0 -> {
                for (int j = 0; j < 32; j++) to[at + j] = d * data.get(I8, byteAt + 2 + j);
            }
            case Q4_0 -> nibbles(data, byteAt + 2, d, -8 * d, to, at);
            case Q4_1 -> nibbles(data, byteAt + 4, d, Float.float16ToFloat(data.get(U16, byteAt + 2)), to, at);
            default -> throw new IllegalArgumentException("decode: type is " + dtype + ", expected a block type");
        }
    }

    private static void nibbles(MemorySegment data, long byteAt, float d, float m, float[] to, int at) {
        for (int j = 0; j < 16; j++) {
            int q = data.get(I8, byteAt + j);
            to[at + j] = d * (q & 15) + m;
            to[at + j + 16] = d * ((q >> 4) & 15) + m;
        }
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
