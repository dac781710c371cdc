package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import java.lang.foreign.ValueLayout;

/// Single numbers of a block at an address.
final class BlockBits {

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private BlockBits() {}

    /// A byte from 0 to 255.
    static int u8(long address) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    /// Two bytes, without a sign.
    static int u16(long address) {
        return MEMORY.get(U16, address) & 0xffff;
    }

    /// Four bytes.
    static int u32(long address) {
        return MEMORY.get(U32, address);
    }

    /// Eight bytes.
    static long u64(long address) {
        return MEMORY.get(U64, address);
    }

    /// Byte `i` of eight, from 0 to 255.
    static int byteOf(long eight, int i) {
        return (int) (eight >>> (8 * i)) & 0xff;
    }

    /// An f16 number.
    static float half(long address) {
        return Float.float16ToFloat(MEMORY.get(U16, address));
    }

    /// What is added to all values of a block of Q4_0, Q4_1 or GPTQ4.
    ///
    /// @param head its first four bytes
    static float minimum(DType dtype, int head, float scale) {
        return switch (dtype) {
            case Q4_0 -> -8 * scale;
            case Q4_1 -> Float.float16ToFloat((short) (head >> 16));
            default -> -scale * (head >>> 16);
        };
    }
}
