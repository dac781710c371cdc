package dev.gradine.cuda.sim;

/// The layouts of a matrix in shared memory that `wgmma` reads, as PTX ISA 9.1 writes them under "Canonical Layouts":
/// shapes and strides of nested coordinates, in values of two bytes, then a permutation of addresses.
///
/// @param width bytes within which pieces are permuted: 128, 64, 32, or 16 for none
/// @param isRowFirst whether rows of A (columns of B) are neighbours, rather than values along k
/// @param start address of the first byte
/// @param leading and
/// @param stride the two offsets of the descriptor, in bytes
record Canonical(int width, boolean isRowFirst, int start, int leading, int stride) {

    /// T of that page: values in 16 bytes.
    private static final int T = 8;

    /// With the smallest strides for so many rows.
    static Canonical dense(int width, boolean isRowFirst, int start, int rows) {
        int pattern = 8 * width;
        if (width == 16) return new Canonical(width, isRowFirst, start, rows / 8 * pattern, pattern);
        if (isRowFirst) return new Canonical(width, true, start, 2 * pattern, pattern);
        return new Canonical(width, false, start, 16, pattern);
    }

    /// Address of a value.
    int address(int row, int k) {
        int at = start + 2 * (isRowFirst ? rowFirst(row, k) : kFirst(row, k));
        return swizzle(at);
    }

    private int rowFirst(int row, int k) {
        int s = stride / 2;
        int l = leading / 2;
        return switch (width) {
            case 16 -> nested(row, new int[] {T, 1}, 1, T, s) + nested(k, new int[] {8}, T, l);
            case 32 -> nested(row, new int[] {T, 2}, 1, T, l) + nested(k, new int[] {8}, 2 * T, s);
            case 64 -> nested(row, new int[] {T, 4}, 1, T, l) + nested(k, new int[] {8}, 4 * T, s);
            default -> nested(row, new int[] {T, 8}, 1, T, l) + nested(k, new int[] {8}, 8 * T, s);
        };
    }

    private int kFirst(int row, int k) {
        int s = stride / 2;
        return switch (width) {
            case 16 -> nested(row, new int[] {8}, T, s) + nested(k, new int[] {T}, 1, leading / 2);
            case 32 -> nested(row, new int[] {8}, 2 * T, s) + nested(k, new int[] {T}, 1, T);
            case 64 -> nested(row, new int[] {8}, 4 * T, s) + nested(k, new int[] {T}, 1, T);
            default -> nested(row, new int[] {8}, 8 * T, s) + nested(k, new int[] {T}, 1, T);
        };
    }

    /// A coordinate taken apart by the sizes, the rest last, times the strides.
    private static int nested(int coordinate, int[] sizes, int... strides) {
        int at = 0;
        int rest = coordinate;
        for (int i = 0; i < sizes.length; i++) {
            at += rest % sizes[i] * strides[i];
            rest /= sizes[i];
        }
        return at + rest * strides[sizes.length];
    }

    /// `Swizzle<b, 4, 3>`: of b bits from bit 4 on, each is flipped where the one three places above is set.
    private int swizzle(int address) {
        int bits = Integer.numberOfTrailingZeros(width / 16);
        int result = address;
        for (int b = 0; b < bits; b++) if (((address >> (7 + b)) & 1) != 0) result ^= 1 << (4 + b);
        return result;
    }

    /// The descriptor as a kernel makes it.
    long descriptor() {
        long mode = switch (width) {
            case 128 -> 1;
            case 64 -> 2;
            case 32 -> 3;
            default -> 0;
        };
        return (start / 16) | ((leading / 16L) << 16) | ((stride / 16L) << 32) | (mode << 62);
    }
}
