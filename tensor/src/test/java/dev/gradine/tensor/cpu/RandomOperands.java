package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// Random tensors of any type that a product reads.
final class RandomOperands {

    private final Random random;

    RandomOperands(long seed) {
        random = new Random(seed);
    }

    /// Values in [−1, 1), or random codes with scales of that size.
    Tensor of(Arena arena, DType dtype, Shape shape) {
        if (dtype.hasScales()) return coded(arena, dtype, shape);
        Tensor t = Tensor.zeros(arena, dtype, shape);
        MemorySegment d = t.data();
        switch (dtype) {
            case F32 -> {
                for (int i = 0; i < t.size(); i++) d.setAtIndex(ValueLayout.JAVA_FLOAT, i, value());
            }
            case F16 -> {
                for (int i = 0; i < t.size(); i++) half(d, 2L * i, value());
            }
            case BF16 -> {
                for (int i = 0; i < t.size(); i++) d.setAtIndex(ValueLayout.JAVA_SHORT, i, Decode.toBf16(value()));
            }
            default -> {
                for (long i = 0; i < d.byteSize(); i++) d.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
                for (long i = 0; i < d.byteSize(); i += dtype.blockBytes()) {
                    for (int at : dtype.halves()) half(d, i + at, value() / 16);
                    if (dtype == DType.GPTQ4)
                        d.set(ValueLayout.JAVA_SHORT_UNALIGNED, i + 2, (short) random.nextInt(17));
                    if (dtype == DType.MXFP4) d.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(120, 130));
                }
            }
        }
        return t;
    }

    /// Random codes. Blocks of 32 end in the middle of rows, those of INT8 are rows; magnitudes of NF4 are
    /// codes in their turn.
    private Tensor coded(Arena arena, DType dtype, Shape shape) {
        byte[] bytes = new byte[Math.toIntExact(dtype.bytes(shape.size()))];
        random.nextBytes(bytes);
        if (dtype.isF8()) for (int i = 0; i < bytes.length; i++) bytes[i] &= (byte) 0xbf; // none is NaN
        Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(bytes.length));
        codes.data().copyFrom(MemorySegment.ofArray(bytes));
        int block = dtype == DType.INT8 ? Math.max(1, shape.last()) : 32;
        Shape blocks = Shape.of(Math.ceilDiv(shape.size(), block));
        Tensor magnitudes = of(arena, dtype == DType.NF4 ? DType.DYNAMIC8 : DType.F32, blocks);
        float offset = dtype == DType.DYNAMIC8 ? value() : 0;
        return Tensor.coded(codes, dtype, shape, new Scales(magnitudes, block, offset));
    }

    private float value() {
        return random.nextFloat(-1, 1);
    }

    private static void half(MemorySegment d, long at, float x) {
        d.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(x));
    }
}
