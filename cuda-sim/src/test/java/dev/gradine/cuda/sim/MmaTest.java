package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.sim.Mma.Element;
import dev.gradine.cuda.sim.Mma.Model;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MmaTest {

    private final SplittableRandom random = new SplittableRandom(3);

    @ParameterizedTest
    @CsvSource({
        "BF16, 16, 24",
        "BF16, 16, 25",
        "BF16, 8, 24",
        "F16, 16, 24",
        "F16, 16, 25",
        "TF32, 8, 24",
        "TF32, 8, 25"
    })
    void is_the_aligned_truncated_sum_to_the_last_bit(Element type, int k, int fraction) {
        Model model = fraction == 24 ? Model.AMPERE : Model.HOPPER;
        int step = Math.min(k, (fraction == 24 ? 16 : 32) / (type == Element.TF32 ? 4 : 2));
        for (int spread : new int[] {0, 4, 30, 250}) {
            float[][] a = matrix(16, k, type, spread);
            float[][] b = matrix(k, 8, type, spread);
            float[][] c = matrix(16, 8, Element.TF32, spread);
            float[][] d = multiply(new Mma(type, k, model), type, a, b, c);
            for (int i = 0; i < 16; i++) {
                for (int n = 0; n < 8; n++) {
                    float expected = c[i][n];
                    for (int from = 0; from < k; from += step) {
                        expected = oracle(type, fraction, expected, row(a, i, from, step), column(b, n, from, step));
                    }
                    assertThat(d[i][n] + 0f).as("%d,%d spread %d", i, n, spread).isEqualTo(expected + 0f);
                }
            }
        }
    }

    @Test
    void one_bit_of_alignment_tells_the_generations_apart() {
        float[][] a = new float[16][16];
        float[][] b = new float[16][8];
        float[][] c = new float[16][8];
        c[0][0] = 1;
        a[0][0] = a[0][1] = 0x1p-25f;
        b[0][0] = b[1][0] = -1;
        assertThat(multiply(new Mma(Element.BF16, 16, Model.AMPERE), Element.BF16, a, b, c)[0][0])
                .isEqualTo(1f);
        assertThat(multiply(new Mma(Element.BF16, 16, Model.HOPPER), Element.BF16, a, b, c)[0][0])
                .isEqualTo(1 - 0x1p-24f);
    }

    @Test
    void ampere_takes_sixteen_in_two_steps() {
        float[][] a = new float[16][16];
        float[][] b = new float[16][8];
        a[0][0] = 0x1p30f;
        b[0][0] = 1;
        a[0][7] = -0x1p30f;
        b[7][0] = 1;
        a[0][8] = 1;
        b[8][0] = 0x1p-10f;
        float[][] c = new float[16][8];
        assertThat(multiply(new Mma(Element.BF16, 16, Model.AMPERE), Element.BF16, a, b, c)[0][0])
                .isEqualTo(0x1p-10f);
        assertThat(multiply(new Mma(Element.BF16, 16, Model.HOPPER), Element.BF16, a, b, c)[0][0])
                .isZero();
    }

    @Test
    void results_are_cut_and_not_rounded_and_overflow_is_infinite() {
        float[][] a = new float[16][16];
        float[][] b = new float[16][8];
        float[][] c = new float[16][8];
        a[0][0] = 1;
        b[0][0] = 0x1.8p-24f;
        c[0][0] = 1;
        a[1][0] = 0x1p127f;
        b[0][1] = 2;
        var mma = new Mma(Element.BF16, 16, Model.HOPPER);
        float[][] d = multiply(mma, Element.BF16, a, b, c);
        assertThat(d[0][0]).isEqualTo(1f);
        assertThat(d[1][1]).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void infinities_and_nan_touch_their_row_and_column_alone() {
        float[][] a = new float[16][16];
        float[][] b = new float[16][8];
        float[][] c = new float[16][8];
        for (float[] r : b) Arrays.fill(r, 1);
        a[3][2] = Float.POSITIVE_INFINITY;
        a[4][0] = Float.NaN;
        a[5][0] = Float.POSITIVE_INFINITY;
        a[5][1] = Float.NEGATIVE_INFINITY;
        a[6][0] = 2;
        b[2][7] = 0;
        c[9][1] = Float.NEGATIVE_INFINITY;
        float[][] d = multiply(new Mma(Element.BF16, 16, Model.AMPERE), Element.BF16, a, b, c);
        assertThat(d[3][0]).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Float.floatToRawIntBits(d[3][7])).isEqualTo(0x7fff_ffff);
        assertThat(Float.floatToRawIntBits(d[4][3])).isEqualTo(0x7fff_ffff);
        assertThat(d[5][3]).isNaN();
        assertThat(d[6][3]).isEqualTo(2f);
        assertThat(d[9][1]).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(d[9][2]).isZero();
    }

    @Test
    void tf32_inputs_lose_the_bits_they_should_not_have() {
        float[][] a = new float[16][8];
        float[][] b = new float[8][8];
        a[2][5] = 1 + 0x1.fffp-11f;
        b[5][4] = 1;
        float[][] d = multiply(new Mma(Element.TF32, 8, Model.HOPPER), Element.TF32, a, b, new float[16][8]);
        assertThat(d[2][4]).isEqualTo(1f);
    }

    @Test
    void refuses_a_shape_that_no_instruction_has() {
        assertThatThrownBy(() -> new Mma(Element.TF32, 16, Model.AMPERE))
                .hasMessage("mma: k is 16 for TF32, expected 8");
        assertThatThrownBy(() -> new Mma(Element.BF16, 32, Model.AMPERE))
                .hasMessage("mma: k is 32 for BF16, expected 8 or 16");
    }

    /// Puts matrices into fragments by the table of PTX, which names elements rather than registers.
    private static float[][] multiply(Mma mma, Element type, float[][] a, float[][] b, float[][] c) {
        boolean wide = type == Element.TF32;
        int k = b.length;
        int[][] ra = new int[mma.registersOfA()][32];
        int[][] rb = new int[mma.registersOfB()][32];
        int[][] rc = new int[4][32];
        for (int lane = 0; lane < 32; lane++) {
            int g = lane / 4;
            int t = lane % 4;
            for (int i = 0; i < (wide ? 4 : k / 2); i++) {
                int row = wide ? (i == 0 || i == 2 ? g : g + 8) : i % 4 < 2 ? g : g + 8;
                int col = wide ? (i < 2 ? t : t + 4) : 2 * t + i % 2 + (i >= 4 ? 8 : 0);
                put(type, ra, lane, i, a[row][col]);
            }
            for (int i = 0; i < (wide ? 2 : k / 4); i++) {
                int row = wide ? t + 4 * i : 2 * t + i % 2 + (i >= 2 ? 8 : 0);
                put(type, rb, lane, i, b[row][g]);
            }
            for (int i = 0; i < 4; i++) rc[i][lane] = Float.floatToRawIntBits(c[i < 2 ? g : g + 8][2 * t + i % 2]);
        }
        mma.multiply(ra, rb, rc, rc);
        float[][] d = new float[16][8];
        for (int lane = 0; lane < 32; lane++) {
            for (int i = 0; i < 4; i++) {
                d[i < 2 ? lane / 4 : lane / 4 + 8][2 * (lane % 4) + i % 2] = Float.intBitsToFloat(rc[i][lane]);
            }
        }
        return d;
    }

    private static void put(Element type, int[][] registers, int lane, int i, float x) {
        switch (type) {
            case TF32 -> registers[i][lane] = Float.floatToRawIntBits(x);
            case BF16 -> registers[i / 2][lane] |= (Narrow.bf16(x) & 0xffff) << (i % 2 * 16);
            case F16 -> registers[i / 2][lane] |= (Narrow.f16(x) & 0xffff) << (i % 2 * 16);
        }
    }

    private float[][] matrix(int rows, int columns, Element type, int spread) {
        float[][] m = new float[rows][columns];
        for (float[] row : m) {
            for (int j = 0; j < columns; j++) {
                int e = random.nextInt(-spread / 2, spread / 2 + 1);
                double x = random.nextDouble(-2, 2) * Math.pow(2, Math.min(e, 62));
                if (random.nextInt(12) == 0) x = 0;
                row[j] = narrow(type, type == Element.F16 ? Math.clamp(x, -60000, 60000) : x);
            }
        }
        return m;
    }

    private static float narrow(Element type, double x) {
        return switch (type) {
            case TF32 -> Float.intBitsToFloat(Narrow.tf32((float) x));
            case BF16 -> Narrow.fromBf16(Narrow.bf16((float) x));
            case F16 -> Narrow.fromF16(Narrow.f16((float) x));
        };
    }

    private static float[] row(float[][] a, int i, int from, int n) {
        return Arrays.copyOfRange(a[i], from, from + n);
    }

    private static float[] column(float[][] b, int n, int from, int count) {
        float[] column = new float[count];
        for (int j = 0; j < count; j++) column[j] = b[from + j][n];
        return column;
    }

    private static float oracle(Element type, int fraction, float c, float[] a, float[] b) {
        int least = type == Element.F16 ? -14 : -126;
        int largest = Math.max(Math.getExponent(c), -126);
        for (int j = 0; j < a.length; j++) {
            int e = Math.max(Math.getExponent(a[j]), least) + Math.max(Math.getExponent(b[j]), least);
            if (a[j] * (double) b[j] != 0) largest = Math.max(largest, e);
        }
        BigDecimal unit = new BigDecimal(Math.scalb(1.0, largest - fraction));
        BigDecimal sum = new BigDecimal(c).divideToIntegralValue(unit);
        for (int j = 0; j < a.length; j++) {
            sum = sum.add(new BigDecimal(a[j]).multiply(new BigDecimal(b[j])).divideToIntegralValue(unit));
        }
        BigDecimal exact = sum.multiply(unit);
        float nearest = exact.floatValue();
        if (new BigDecimal(nearest).abs().compareTo(exact.abs()) <= 0) return nearest;
        return nearest > 0 ? Math.nextDown(nearest) : Math.nextUp(nearest);
    }
}
