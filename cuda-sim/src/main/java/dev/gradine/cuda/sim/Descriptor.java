package dev.gradine.cuda.sim;

/// Where `wgmma` finds a matrix in shared memory: a start, two strides, and how pieces of 16 bytes are
/// permuted.
///
/// ```
/// bits 0–13 start / 16   16–29 leading offset L / 16   32–45 stride offset S / 16   49–51 base offset   62–63 mode
/// ```
///
/// With W the bytes of a row of the mode (128, 64, 32, or 16 where nothing is permuted), a value of two
/// bytes in row r (of A, or column of B) and at k lies, before the permutation, at
///
/// ```
/// K first    permuted  (r mod 8)·W  + (r / 8)·S + 2k
///            plain     (r mod 8)·16 + (r / 8)·S + (k / 8)·L + 2(k mod 8)
/// r first    permuted  2(r mod W/2) + (2r / W)·L + (k mod 8)·W + (k / 8)·S
///            plain     2(r mod 8)   + (r / 8)·S + (k mod 8)·16 + (k / 8)·L
/// ```
///
/// bytes from the start. The permutation is one of addresses: bits 4 to 6 are xored with bits 7 to 9, of
/// the lower modes only the lower two or one of them. PTX ISA 9.1, "Matrix Descriptor Format" and
/// "Canonical Layouts".
///
/// @param start address of its first byte
/// @param leading L
/// @param stride S
/// @param width W
record Descriptor(int start, int leading, int stride, int width) {

    private static final int PIECE = 16;
    private static final int ROWS = 8;
    private static final int FIELD = (1 << 14) - 1;
    private static final int[] WIDTHS = {PIECE, 128, 64, 32};

    /// Takes the bits apart.
    ///
    /// @throws AccessException names what is not as the mode wants it
    static Descriptor of(long bits) {
        int start = ((int) bits & FIELD) << 4;
        int leading = ((int) (bits >>> 16) & FIELD) << 4;
        int stride = ((int) (bits >>> 32) & FIELD) << 4;
        int base = (int) (bits >>> 49) & 7;
        int width = WIDTHS[(int) (bits >>> 62)];
        if (base != 0) {
            throw new AccessException(
                    0, "base offset is " + base, "0 (patterns begin at multiples of %d bytes)".formatted(width * ROWS));
        }
        if (width > PIECE && start % (width * ROWS) >= width) {
            throw new AccessException(
                    0,
                    "start is 0x%x".formatted(start),
                    "an address in the first %d bytes of each %d, where a pattern begins"
                            .formatted(width, width * ROWS));
        }
        return new Descriptor(start, leading, stride, width);
    }

    /// The bytes of shared memory that hold `(row, k)` and the seven values after it: along k, or with
    /// `isRowFirst` along the rows.
    int piece(int row, int k, boolean isRowFirst) {
        int at = isRowFirst ? rowFirst(row, k) : kFirst(row, k);
        return permuted(start + at, width);
    }

    private int kFirst(int row, int k) {
        int at = row % ROWS * width + row / ROWS * stride;
        return width == PIECE ? at + k / ROWS * leading : at + 2 * k;
    }

    private int rowFirst(int row, int k) {
        int rows = width / 2;
        int along = 2 * (row % rows) + k % ROWS * width;
        return width == PIECE
                ? along + row / rows * stride + k / ROWS * leading
                : along + row / rows * leading + k / ROWS * stride;
    }

    /// An address after the permutation within rows of `width` bytes.
    static int permuted(int address, int width) {
        return address ^ ((address >> 3) & (width - PIECE));
    }
}
