package dev.gradine.tensor;

/// Element types of a tensor, with how their values lie in memory.
///
/// The `Q` types are GGUF's block formats over 32 consecutive values of a row, little-endian:
///
/// ```
/// Q8_0   f16 d, i8 q[32]            x = d · q
/// Q4_0   f16 d, u8 q[16]            x = d · (nibble − 8)
/// Q4_1   f16 d, f16 m, u8 q[16]     x = d · nibble + m
/// ```
///
/// In both 4-bit formats byte j holds value j in its low and value j + 16 in its high nibble.
public enum DType {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    I64(1, 8),
    I32(1, 4),
    I8(1, 1),
    U8(1, 1),
    Q8_0(32, 34),
    Q4_0(32, 18),
    Q4_1(32, 20);

    private final int blockSize;
    private final int blockBytes;

    DType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /// Values that share one block; 1 for plain types. A row must be a multiple of it.
    public int blockSize() {
        return blockSize;
    }

    /// Bytes of one block.
    public int blockBytes() {
        return blockBytes;
    }

    /// Bytes of `values` consecutive values.
    ///
    /// @throws IllegalArgumentException if `values` is not a multiple of the block size
    public long bytes(long values) {
        if (values % blockSize != 0) {
            throw new DTypeException("%s: %d values, expected a multiple of %d".formatted(this, values, blockSize));
        }
        return Math.multiplyExact(values / blockSize, (long) blockBytes);
    }

    /// Whether values are real numbers, in whatever precision.
    public boolean isReal() {
        return switch (this) {
            case F32, F16, BF16, Q8_0, Q4_0, Q4_1 -> true;
            case I64, I32, I8, U8 -> false;
        };
    }
}
