package dev.gradine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CodeTableTest {

    @Test
    void nf4_is_the_papers_table_to_the_last_bit() {
        double[] paper = { // Dettmers et al. 2023, appendix E
            -1.0,
            -0.6961928009986877,
            -0.5250730514526367,
            -0.39491748809814453,
            -0.28444138169288635,
            -0.18477343022823334,
            -0.09105003625154495,
            0.0,
            0.07958029955625534,
            0.16093020141124725,
            0.24611230194568634,
            0.33791524171829224,
            0.44070982933044434,
            0.5626170039176941,
            0.7229568362236023,
            1.0
        };
        float[] table = CodeTable.of(DType.NF4);
        assertThat(IntStream.range(0, 16).mapToDouble(i -> table[i])).containsExactly(boxed(paper));
    }

    private static Double[] boxed(double[] x) {
        return IntStream.range(0, x.length).mapToObj(i -> x[i]).toArray(Double[]::new);
    }

    /// Bit 3 is the sign; of the other three, two are an exponent of base 2 and one a mantissa, 0 subnormal.
    @Test
    void fp4_is_sign_exponent_and_mantissa_over_twelve() {
        float[] table = CodeTable.of(DType.FP4);
        float[] twelfths = {0, 0.0625f, 8, 12, 4, 6, 2, 3};
        for (int i = 0; i < 8; i++) {
            assertThat(table[i]).isEqualTo(twelfths[i] / 12);
            assertThat(Float.floatToRawIntBits(table[i + 8])).isEqualTo(Float.floatToRawIntBits(-twelfths[i] / 12));
        }
    }

    @Test
    void dynamic8_ascends_from_almost_minus_one_to_one() {
        float[] table = CodeTable.of(DType.DYNAMIC8);
        assertThat(table).hasSize(256).isSorted().doesNotHaveDuplicates();
        assertThat(table[0]).isEqualTo(-0.99296874f);
        assertThat(table[127]).isZero();
        assertThat(table[129]).isEqualTo(3.2500002e-6f);
        assertThat(table[191]).isEqualTo((float) 0.107031256);
        assertThat(table[192]).isEqualTo(0.12109375f);
        assertThat(table[254]).isEqualTo(0.99296874f);
        assertThat(table[255]).isEqualTo(1);
        for (int i = 0; i < 127; i++) assertThat(table[i]).isEqualTo(-table[254 - i]);
    }

    @Test
    void a_type_without_codes_is_refused() {
        assertThatThrownBy(() -> CodeTable.of(DType.F32))
                .isInstanceOf(DTypeException.class)
                .hasMessage("codes: type is F32, expected NF4, FP4, DYNAMIC8, F8_E4M3 or F8_E5M2");
    }
}
