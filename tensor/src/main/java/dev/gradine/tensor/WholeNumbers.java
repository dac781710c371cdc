package dev.gradine.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Tensors of whole numbers in host memory: how files keep indices.
public final class WholeNumbers {

    private WholeNumbers() {}

    /// A tensor of these numbers; `dtype` is `I64`, `I32`, `I16`, `I8` or `U8` and must have room for them.
    ///
    /// @throws IllegalArgumentException if there are not as many as the shape holds, or the type is another
    public static Tensor of(Arena arena, DType dtype, Shape shape, int... values) {
        if (values.length != shape.size()) {
            throw new ShapeException(
                    "whole numbers: %d values, expected %d for %s".formatted(values.length, shape.size(), shape));
        }
        Tensor t = Tensor.zeros(arena, dtype, shape);
        for (int i = 0; i < values.length; i++) set(t.data(), dtype, i, values[i]);
        return t;
    }

    private static void set(MemorySegment to, DType dtype, int i, int value) {
        switch (dtype) {
            case I64 -> to.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, value);
            case I32 -> to.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, value);
            case I16 -> to.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) value);
            case I8, U8 -> to.set(ValueLayout.JAVA_BYTE, i, (byte) value);
            default -> throw other(dtype);
        }
    }

    /// The numbers of a tensor.
    ///
    /// @param host `I64`, `I32`, `I16`, `I8` or `U8`
    /// @throws IllegalArgumentException if the type is another
    public static long[] values(Tensor host) {
        long[] values = new long[host.shape().size()];
        for (int i = 0; i < values.length; i++) values[i] = get(host.data(), host.dtype(), i);
        return values;
    }

    private static long get(MemorySegment from, DType dtype, int i) {
        return switch (dtype) {
            case I64 -> from.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i);
            case I32 -> from.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
            case I16 -> from.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i);
            case I8 -> from.get(ValueLayout.JAVA_BYTE, i);
            case U8 -> Byte.toUnsignedLong(from.get(ValueLayout.JAVA_BYTE, i));
            default -> throw other(dtype);
        };
    }

    private static DTypeException other(DType dtype) {
        return new DTypeException("whole numbers: type is %s, expected I64, I32, I16, I8 or U8".formatted(dtype));
    }
}
