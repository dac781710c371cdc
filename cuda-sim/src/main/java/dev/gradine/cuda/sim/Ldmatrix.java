package dev.gradine.cuda.sim;

/// `ldmatrix.sync.aligned.m8n8.xN[.trans].shared.b16`: N matrices of 8 rows of 16 bytes into the registers of a warp.
///
/// Row j of matrix i starts at the address that lane 8i + j gives. Of matrix i, register i of lane l receives, first
/// element in the lower half,
///
/// ```
/// plain   [l / 4][2·(l % 4)]     [l / 4][2·(l % 4) + 1]
/// .trans  [2·(l % 4)][l / 4]     [2·(l % 4) + 1][l / 4]
/// ```
///
/// PTX ISA 9.1, "ldmatrix".
final class Ldmatrix {

    private Ldmatrix() {}

    /// The 16-byte row that register `i` of lane `l` takes its first (`half` 0) or second element from,
    /// as the lane that addresses it.
    static int addressLane(int i, int l, int half, boolean trans) {
        return 8 * i + (trans ? 2 * (l & 3) + half : l >> 2);
    }

    /// Where in its row that element stands, in bytes.
    static int byteInRow(int l, int half, boolean trans) {
        return trans ? 2 * (l >> 2) : 4 * (l & 3) + 2 * half;
    }

    /// Loads `d.length` matrices from rows that were fetched already.
    ///
    /// @param rows the four words of row 8i + j from index 4 · (8i + j) on
    /// @param d registers by lanes
    static void load(int[] rows, boolean trans, int[][] d) {
        for (int i = 0; i < d.length; i++) {
            if (trans) transposed(rows, 32 * i, d[i]);
            else System.arraycopy(rows, 32 * i, d[i], 0, 32); // word l % 4 of row l / 4 is the pair of lane l
        }
    }

    /// `stmatrix`, the other way: rows from registers.
    static void store(int[] rows, boolean trans, int[][] d) {
        for (int i = 0; i < d.length; i++) {
            for (int l = 0; l < 32; l++) {
                for (int half = 0; half < 2; half++) {
                    int byteAt = 16 * addressLane(i, l, half, trans) + byteInRow(l, half, trans);
                    int value = (d[i][l] >>> (16 * half)) & 0xffff;
                    rows[byteAt / 4] |= value << (8 * (byteAt & 2));
                }
            }
        }
    }

    private static void transposed(int[] rows, int from, int[] d) {
        for (int l = 0; l < 32; l++) {
            int row = from + 8 * (l & 3); // row 2·(l % 4), four words each
            int word = l >> 3;
            int shift = (l & 4) << 2; // column l / 4 is the upper half of its word if odd
            d[l] = ((rows[row + word] >>> shift) & 0xffff) | ((rows[row + 4 + word] >>> shift) << 16);
        }
    }
}
