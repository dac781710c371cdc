package dev.gradine.tensor;

/// What the codes of a tensor are multiplied by: one magnitude for each block of consecutive values.
///
/// ```
/// x_i = table[q_i] · m_b + offset          b = ⌊i / block⌋, counted through all rows; the last block may be short
/// x_i = f_i · m_b                          F8_E4M3, F8_E5M2, whose block is a power of two
/// x_i = q_i · (m_b / 127)                  INT8, whose block is a row
/// ```
///
/// The magnitudes m are a tensor, and may be codes with scales in their turn: that is double quantisation (Dettmers et
/// al. 2023, arXiv:2305.14314, section 3), where m less its mean is DYNAMIC8 in blocks of 256 and the mean is the
/// offset.
///
/// @param magnitudes `f32[⌈n / block⌉]`, or DYNAMIC8 of that shape; for n values
/// @param block values that share a magnitude: a power of two from 32 to 4096, 64 is usual for weights; of INT8 any, of
/// F8 types any power of two
/// @param offset added to every value; in units of x, 0 in four-bit types
public record Scales(Tensor magnitudes, int block, float offset) {

    private static final int SMALLEST = 32;
    private static final int LARGEST = 4096;

    /// @throws ShapeException if the block is empty or the magnitudes are no vector
    /// @throws DTypeException if the magnitudes are neither F32 nor DYNAMIC8
    public Scales {
        if (block < 1) throw new ShapeException("scales: block is %d, expected at least 1".formatted(block));
        ShapeException.requireRank("scales", "magnitudes", magnitudes.shape(), 1);
        if (magnitudes.dtype() != DType.F32 && magnitudes.dtype() != DType.DYNAMIC8) {
            throw new DTypeException(
                    "scales: magnitudes are %s, expected F32 or DYNAMIC8".formatted(magnitudes.dtype()));
        }
    }

    /// Magnitudes without an offset.
    public Scales(Tensor magnitudes, int block) {
        this(magnitudes, block, 0);
    }

    /// Fails unless `block` is a size that bitsandbytes has: a power of two from 32 to 4096.
    ///
    /// @throws ShapeException if it is not
    public static void requireBlock(String op, int block) {
        if (block < SMALLEST || block > LARGEST || Integer.bitCount(block) != 1) {
            throw new ShapeException("%s: block is %d, expected a power of two from 32 to 4096".formatted(op, block));
        }
    }

    /// The block of a value is its number shifted right by this; asked only where blocks are powers of two.
    public int shift() {
        return Integer.numberOfTrailingZeros(block);
    }

    /// The block of a value.
    public long blockOf(long value) {
        return Integer.bitCount(block) == 1 ? value >> shift() : value / block;
    }

    /// Bytes of the magnitudes and of all they are made from.
    public long bytes() {
        return magnitudes.bytes()
                + (magnitudes.dtype().hasScales() ? magnitudes.scales().bytes() : 0);
    }

    /// Fails unless these are scales for values of that type and shape.
    void requireFor(DType dtype, Shape shape) {
        if (!dtype.hasScales()) {
            throw new DTypeException("tensor: %s%s with scales, expected a type with scales".formatted(dtype, shape));
        }
        if (dtype.isF8() && Integer.bitCount(block) != 1) {
            throw new ShapeException("scales: block is %d, expected a power of two".formatted(block));
        }
        if (dtype != DType.INT8 && !dtype.isF8()) requireBlock("scales", block);
        if (offset != 0 && dtype != DType.DYNAMIC8) {
            throw new DTypeException("tensor: %s%s with an offset of %s, expected 0".formatted(dtype, shape, offset));
        }
        int blocks = Math.ceilDiv(shape.size(), block);
        if (magnitudes.size() != blocks) {
            throw new ShapeException("tensor: %d magnitudes for %s%s, expected %d (blocks of %d)"
                    .formatted(magnitudes.size(), dtype, shape, blocks, block));
        }
    }

    /// The scales of rows `[from, to)` of `t`, whose rows have `rowValues` values.
    Scales rows(Tensor t, int rowValues, int from, int to) {
        long first = (long) from * rowValues;
        long end = (long) to * rowValues;
        boolean endsBlock = end % block == 0 || end == t.size();
        if (first % block != 0 || !endsBlock) {
            throw new ShapeException(
                    "rows: [%d, %d) of %s, expected a cut between blocks of %d values (they share a scale)"
                            .formatted(from, to, t, block));
        }
        int last = Math.toIntExact(Math.ceilDiv(end, block));
        return new Scales(magnitudes.rows(Math.toIntExact(first / block), last), block, offset);
    }
}
