package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Mma.Element;
import dev.gradine.cuda.sim.Mma.Model;

/// `wgmma.mma_async.sync.aligned.m64nNk16.f32.bf16.bf16`: D = A·B + D of a warpgroup. A is 64 by 16 and B
/// 16 by N.
///
/// Warp w of the four holds rows 16w to 16w + 15 of D, and of A where A is in registers. With g = lane /
/// 4 and t = lane % 4
///
/// ```
/// d[4j + i]   row g + 8·(i ≥ 2), column 8j + 2t + (i odd)         A as for mma.m16n8k16
/// ```
///
/// so it is N / 8 times what `Mma` computes, and rounds as that does. PTX ISA 9.1, "Register Fragments
/// and Shared Memory Matrix Layouts".
final class Wgmma {

    static final int ROWS = 64;
    static final int K = 16;

    private static final int N = 8;
    private static final int LANES = 32;
    private static final int SIGNS = 0x8000_8000;
    /// Registers of two values in a row of A or column of B.
    private static final int PAIRS = K / 2;

    private static final int[][] ZERO = new int[4][LANES];

    /// How an instruction reads a matrix.
    ///
    /// @param isRowFirst whether rows of A or columns of B, rather than values along k, are neighbours in
    ///     memory
    /// @param isNegated whether its values are multiplied by -1
    record Operand(boolean isRowFirst, boolean isNegated) {}

    private final Mma mma = new Mma(Element.BF16, K, Model.HOPPER);
    private final int[][] b = new int[2][LANES];
    private final int[][] registersOfA = new int[4][LANES];

    /// Values of `rows` rows of A or columns of B: pairs along k.
    static int[] load(Region shared, Descriptor from, int rows, Operand how) {
        int[] pairs = new int[rows * PAIRS];
        if (how.isRowFirst()) loadColumns(shared, from, rows, pairs);
        else loadRows(shared, from, rows, pairs);
        if (how.isNegated()) for (int i = 0; i < pairs.length; i++) pairs[i] ^= SIGNS;
        return pairs;
    }

    private static void loadRows(Region shared, Descriptor from, int rows, int[] pairs) {
        for (int row = 0; row < rows; row++) {
            for (int k = 0; k < K; k += 8) {
                int at = from.piece(row, k, false);
                for (int i = 0; i < 4; i++) pairs[row * PAIRS + k / 2 + i] = shared.getInt(at + 4 * i);
            }
        }
    }

    private static void loadColumns(Region shared, Descriptor from, int rows, int[] pairs) {
        for (int row = 0; row < rows; row += 8) {
            for (int k = 0; k < K; k++) {
                int at = from.piece(row, k, true);
                int shift = (k & 1) << 4;
                for (int i = 0; i < 8; i++) pairs[(row + i) * PAIRS + k / 2] |= shared.getShort(at + 2 * i) << shift;
            }
        }
    }

    /// The registers of a warp's 16 rows of A.
    int[][] fragment(int[] pairs, int warp) {
        for (int lane = 0; lane < LANES; lane++) {
            int at = (16 * warp + (lane >> 2)) * PAIRS + (lane & 3);
            registersOfA[0][lane] = pairs[at];
            registersOfA[1][lane] = pairs[at + 8 * PAIRS];
            registersOfA[2][lane] = pairs[at + 4];
            registersOfA[3][lane] = pairs[at + 8 * PAIRS + 4];
        }
        return registersOfA;
    }

    /// Copies of registers, their values negated.
    int[][] negated(int[][] registers) {
        for (int r = 0; r < registers.length; r++) {
            for (int lane = 0; lane < LANES; lane++) registersOfA[r][lane] = registers[r][lane] ^ SIGNS;
        }
        return registersOfA;
    }

    /// Computes a warp's rows.
    ///
    /// @param a registers by lanes
    /// @param columns pairs along k of each column of B
    /// @param d registers by lanes, four for each eight columns
    /// @param adds whether to add to `d`, else it is overwritten
    void multiply(int[][] a, int[] columns, int[][] d, boolean adds) {
        for (int j = 0; 4 * j < d.length; j++) {
            for (int lane = 0; lane < LANES; lane++) {
                int at = (N * j + (lane >> 2)) * PAIRS + (lane & 3);
                b[0][lane] = columns[at];
                b[1][lane] = columns[at + 4];
            }
            int[][] part = {d[4 * j], d[4 * j + 1], d[4 * j + 2], d[4 * j + 3]};
            mma.multiply(a, b, adds ? part : ZERO, part);
        }
    }
}
