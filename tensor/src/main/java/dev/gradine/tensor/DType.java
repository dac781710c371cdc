package dev.gradine.tensor;

import java.util.List;

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
/// In both 4-bit formats byte j holds value j in its low and value j + 16 in its high nibble. Of the further ones, over
/// 32 or 256 values, each has its formula in the file of `tensor.cpu` that reads it, such as `Q4KBlocks`.
///
/// GPTQ4 is how the codes of GPTQ and AWQ lie here: their files hold columns of weights, so rows are made of them once.
///
/// ```
/// GPTQ4  f16 d, u16 z, u8 q[16]     x = d · (nibble − z), nibbles as in Q4_1
/// ```
///
/// Types with scales are bitsandbytes' (Dettmers et al. 2022, arXiv:2110.02861, and 2023, arXiv:2305.14314). Their
/// memory holds codes alone; what the codes stand for, `CodeTable` and `Tensor.scales()` say. A block of values that
/// share a scale may begin in one row and end in the next.
///
/// ```
/// F8_E4M3, F8_E5M2   8-bit numbers: sign, 4 or 5 bits of exponent, 3 or 2 of mantissa (arXiv:2209.05433, table 1)
/// NF4, FP4   4-bit codes, byte j holds value 2j in its high and value 2j + 1 in its low nibble
/// DYNAMIC8   8-bit codes
/// INT8       i8 q, no table: x = q · (m / 127), m the largest magnitude of its row (arXiv:2208.07339, section 2)
/// ```
public enum DType {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    I64(1, 8),
    I32(1, 4),
    I16(1, 2),
    I8(1, 1),
    U8(1, 1),
    Q8_0(32, 34, 0),
    Q4_0(32, 18, 0),
    Q4_1(32, 20, 0, 2),
    Q5_0(32, 22, 0),
    Q5_1(32, 24, 0, 2),
    Q2_K(256, 84, 80, 82),
    Q3_K(256, 110, 108),
    Q4_K(256, 144, 0, 2),
    Q5_K(256, 176, 0, 2),
    Q6_K(256, 210, 208),
    IQ4_NL(32, 18, 0),
    IQ4_XS(256, 136, 0),
    MXFP4(32, 17),
    GPTQ4(32, 20, 0),
    F8_E4M3(1, 1),
    F8_E5M2(1, 1),
    NF4(2, 1),
    FP4(2, 1),
    DYNAMIC8(1, 1),
    INT8(1, 1);

    private final int blockSize;
    private final int blockBytes;

    @SuppressWarnings("ImmutableEnumChecker") // List.of gives one that is
    private final List<Integer> halves;

    DType(int blockSize, int blockBytes, Integer... halves) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
        this.halves = List.of(halves);
    }

    /// Values that lie in one block of bytes; 1 for plain types. A row must be a multiple of it, except in types with
    /// scales, of which only the last byte of all may be half empty.
    public int blockSize() {
        return blockSize;
    }

    /// Bytes of one block.
    public int blockBytes() {
        return blockBytes;
    }

    /// Where in a block the f16 numbers lie that its codes are multiplied by or added to; none where there are no such.
    public List<Integer> halves() {
        return halves;
    }

    /// Bytes of `values` consecutive values.
    ///
    /// @throws IllegalArgumentException if `values` is not a multiple of the block size, unless the type has scales
    public long bytes(long values) {
        if (hasScales()) return Math.ceilDiv(values, blockSize);
        if (values % blockSize != 0) {
            throw new DTypeException("%s: %d values, expected a multiple of %d".formatted(this, values, blockSize));
        }
        return Math.multiplyExact(values / blockSize, (long) blockBytes);
    }

    /// Whether values are real numbers, in whatever precision.
    public boolean isReal() {
        return switch (this) {
            case I64, I32, I16, I8, U8 -> false;
            default -> true;
        };
    }

    /// Whether each value is a number of its own that a kernel can write: F32, F16 or BF16.
    public boolean isFloat() {
        return this == F32 || this == F16 || this == BF16;
    }

    /// Whether values are floating-point numbers of eight bits.
    public boolean isF8() {
        return this == F8_E4M3 || this == F8_E5M2;
    }

    /// Whether values are codes whose scales lie in another tensor: `Tensor.scales()`.
    public boolean hasScales() {
        return isF8() || this == NF4 || this == FP4 || this == DYNAMIC8 || this == INT8;
    }
}
