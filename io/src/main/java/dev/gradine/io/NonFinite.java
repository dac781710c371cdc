package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;

/// Finds NaN and infinity in host memory. Of block formats and codes only the scales can be either, so only they are
/// read.
public final class NonFinite {

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Bits of the exponent: all set means NaN or infinity.
    private static final int F32_EXPONENT = 0x7f80_0000;

    private static final int F16_EXPONENT = 0x7c00;
    private static final int BF16_EXPONENT = 0x7f80;

    private NonFinite() {}

    /// Index of the first value that is NaN or infinite, or −1. In a block format, of the first value of its block.
    /// Integers are always finite.
    public static long first(Tensor t) {
        MemorySegment data = t.data();
        DType type = t.dtype();
        return switch (type) {
            case F32 -> firstF32(data);
            case F16 -> first16(data, type, 0, F16_EXPONENT);
            case BF16 -> first16(data, type, 0, BF16_EXPONENT);
            case MXFP4 -> firstPower(data, type);
            case NF4, FP4, DYNAMIC8, INT8 -> firstScaled(t.scales());
            case F8_E4M3 -> firstF8(t, 0x7f);
            case F8_E5M2 -> firstF8(t, 0x7c);
            default -> firstOfHalves(data, type);
        };
    }

    /// Scales and minima of blocks; integers have none.
    private static long firstOfHalves(MemorySegment data, DType type) {
        List<Integer> halves = type.halves();
        if (halves.size() == 2 && halves.getLast() == halves.getFirst() + 2) {
            return firstOfTwo(data, type, halves.getFirst());
        }
        return halves.isEmpty() ? -1 : first16(data, type, halves.getFirst(), F16_EXPONENT);
    }

    /// Scales are powers of two, of which the three greatest make numbers that f32 has not.
    private static long firstPower(MemorySegment data, DType type) {
        for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
            if ((data.get(ValueLayout.JAVA_BYTE, at) & 0xff) > 252) return at / type.blockBytes() * type.blockSize();
        }
        return -1;
    }

    /// Fails if a tensor of the checkpoint holds NaN or infinity.
    ///
    /// @throws CheckpointException names the file, the first such tensor and the place in it
    public static void requireNone(Checkpoint c) {
        requireNone(c, c.names());
    }

    /// Fails if one of these tensors of the checkpoint holds NaN or infinity.
    ///
    /// @throws CheckpointException names the file, the first such tensor and the place in it
    public static void requireNone(Checkpoint c, Set<String> names) {
        for (String name : c.names()) {
            if (!names.contains(name)) continue;
            Tensor t = c.tensor(name);
            long i = first(t);
            if (i >= 0) {
                throw new CheckpointException(
                        c.path(),
                        "tensor %s: value %d of %s is NaN or infinite, expected finite weights".formatted(name, i, t));
            }
        }
    }

    /// Codes stand for finite numbers, so only what they are multiplied by and what is added can be another.
    private static long firstScaled(Scales s) {
        if (!Float.isFinite(s.offset())) return 0;
        long block = first(s.magnitudes());
        return block < 0 ? -1 : block * s.block();
    }

    /// @param none the least magnitude that is no finite number
    private static long firstF8(Tensor t, int none) {
        MemorySegment data = t.data();
        for (long at = 0; at < data.byteSize(); at++) {
            if ((data.get(ValueLayout.JAVA_BYTE, at) & 0x7f) >= none) return at;
        }
        return firstScaled(t.scales());
    }

    private static long firstF32(MemorySegment data) {
        for (long at = 0; at < data.byteSize(); at += 4) {
            if ((data.get(U32, at) & F32_EXPONENT) == F32_EXPONENT) return at / 4;
        }
        return -1;
    }

    private static long first16(MemorySegment data, DType dtype, long offset, int exponent) {
        for (long at = offset; at < data.byteSize(); at += dtype.blockBytes()) {
            if ((data.get(U16, at) & exponent) == exponent) return at / dtype.blockBytes() * dtype.blockSize();
        }
        return -1;
    }

    /// Scale and minimum stand side by side: one look at both, since a model has millions of blocks.
    private static long firstOfTwo(MemorySegment data, DType dtype, int first) {
        int high = F16_EXPONENT << 16;
        for (long at = first; at < data.byteSize(); at += dtype.blockBytes()) {
            int both = data.get(U32, at);
            if ((both & F16_EXPONENT) == F16_EXPONENT || (both & high) == high) {
                return at / dtype.blockBytes() * dtype.blockSize();
            }
        }
        return -1;
    }
}
