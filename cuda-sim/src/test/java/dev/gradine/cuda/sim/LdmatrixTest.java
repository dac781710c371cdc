package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LdmatrixTest {

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "4, false", "1, true", "2, true", "4, true"})
    void every_lane_receives_its_pair(int matrices, boolean trans) {
        int[] rows = new int[32 * matrices];
        for (int w = 0; w < rows.length; w++) rows[w] = name(w / 4, 2 * (w % 4)) | (name(w / 4, 2 * (w % 4) + 1) << 16);
        int[][] d = new int[matrices][32];
        Ldmatrix.load(rows, trans, d);
        for (int i = 0; i < matrices; i++) {
            for (int l = 0; l < 32; l++) {
                int row = 8 * i + (trans ? 2 * (l % 4) : l / 4);
                int column = trans ? l / 4 : 2 * (l % 4);
                int second = trans ? name(row + 1, column) : name(row, column + 1);
                assertThat(d[i][l]).isEqualTo(name(row, column) | (second << 16));
                assertThat(Ldmatrix.addressLane(i, l, 0, trans)).isEqualTo(row);
                assertThat(Ldmatrix.byteInRow(l, 0, trans)).isEqualTo(2 * column);
                assertThat(Ldmatrix.addressLane(i, l, 1, trans)).isEqualTo(trans ? row + 1 : row);
                assertThat(Ldmatrix.byteInRow(l, 1, trans)).isEqualTo(trans ? 2 * column : 2 * column + 2);
            }
        }
    }

    /// A value that says where it stands; the upper bit shows a sign that was dragged along.
    private static int name(int row, int column) {
        return 0x8000 | (row << 8) | column;
    }
}
