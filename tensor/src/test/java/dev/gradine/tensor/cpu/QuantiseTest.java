package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantiseTest {

    private static final int ROWS = 130;
    private static final int COLUMNS = 131; // more than one part, blocks that end in another row

    @ParameterizedTest
    @CsvSource({"NF4,32", "NF4,64", "FP4,64", "FP4,4096"})
    void each_value_gets_the_nearest_number_of_its_block(DType type, int block) {
        int n = ROWS * COLUMNS;
        float[] w = Cases.plain(1, n, 3);
        float[] table = CodeTable.of(type);
        try (Arena arena = Arena.ofShared()) {
            Tensor q = Quantise.quantise(Tensor.of(arena, Shape.of(ROWS, COLUMNS), w), type, block, false, arena);
            float[] got = values(q);
            for (int i = 0; i < n; i++) {
                double largest = largest(w, i / block * block, Math.min(n, (i / block + 1) * block));
                double nearest = Double.MAX_VALUE;
                for (float t : table) nearest = Math.min(nearest, Math.abs(t * largest - w[i]));
                assertThat((double) Math.abs(got[i] - w[i])).isLessThanOrEqualTo(nearest + 3 * 0x1p-24 * largest);
            }
        }
    }

    private static double largest(float[] w, int from, int to) {
        double largest = 0;
        for (int i = from; i < to; i++) largest = Math.max(largest, Math.abs(w[i]));
        return largest;
    }

    private static float[] values(Tensor t) {
        float[] values = new float[t.size()];
        RealValues.of(t).read(0, values.length, values, 0);
        return values;
    }

    /// The largest gap of the map is 0.014 from −1 and from 1, and steps of 2/65535 choose between its numbers.
    @Test
    void double_quantisation_keeps_magnitudes_to_one_percent_of_their_spread() {
        float[] w = Cases.plain(2, 64 * 1000, 1);
        for (int i = 0; i < w.length; i++) w[i] *= 1 + i / 64 % 7;
        try (Arena arena = Arena.ofShared()) {
            Tensor t = Tensor.of(arena, Shape.of(1000, 64), w);
            float[] plain = values(
                    Quantise.quantise(t, DType.NF4, 64, false, arena).scales().magnitudes());
            Tensor coded =
                    Quantise.quantise(t, DType.NF4, 64, true, arena).scales().magnitudes();
            assertThat(coded.dtype()).isEqualTo(DType.DYNAMIC8);
            assertThat(coded.scales().block()).isEqualTo(256);
            float[] got = values(coded);
            for (int i = 0; i < got.length; i++) {
                float spread = coded.scales().magnitudes().data().getAtIndex(ValueLayout.JAVA_FLOAT, i / 256);
                assertThat(Math.abs(got[i] - plain[i])).isLessThanOrEqualTo(0.0075f * spread);
            }
        }
    }

    @Test
    void the_sum_is_pytorchs_tree() {
        float[] x = new float[100_003];
        for (int i = 0; i < x.length; i++) x[i] = 1 + i % 1000 * 0x1p-14f;
        double exact = 0;
        for (float v : x) exact += v;
        assertThat((double) TorchSum.of(x)).isCloseTo(exact, Offset.offset(exact * 0x1p-21));
        assertThat(TorchSum.of(new float[0])).isZero();
        assertThat(TorchSum.of(new float[] {1, 2, 4})).isEqualTo(7);
    }

    @Test
    void zeros_stay_zeros() {
        try (Arena arena = Arena.ofShared()) {
            Tensor zeros = Tensor.zeros(arena, DType.F32, Shape.of(3, 50));
            for (DType type : new DType[] {DType.NF4, DType.FP4}) {
                for (boolean isDouble : new boolean[] {false, true}) {
                    for (float v : values(Quantise.quantise(zeros, type, 64, isDouble, arena))) {
                        assertThat(v == 0).as("%s is zero", v).isTrue(); // of either sign
                    }
                }
            }
        }
    }

    @Test
    void weights_of_another_real_type_are_decoded_first() {
        try (Arena arena = Arena.ofShared()) {
            Tensor half = Tensor.zeros(arena, DType.F16, Shape.of(2, 64));
            Tensor full = Tensor.zeros(arena, DType.F32, Shape.of(2, 64));
            for (int i = 0; i < 128; i++) {
                half.data().setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(i * 0.25f));
                full.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, i * 0.25f);
            }
            assertThat(values(Quantise.quantise(half, DType.NF4, 64, false, arena)))
                    .isEqualTo(values(Quantise.quantise(full, DType.NF4, 64, false, arena)));
        }
    }

    @Test
    void what_cannot_be_quantised_is_named() {
        try (Arena arena = Arena.ofShared()) {
            Tensor w = Tensor.zeros(arena, DType.F32, Shape.of(64));
            Tensor ids = Tensor.zeros(arena, DType.I32, Shape.of(64));
            assertThatThrownBy(() -> Quantise.quantise(ids, DType.NF4, 64, false, arena))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("quantise: weight is I32, expected a real type");
            assertThatThrownBy(() -> Quantise.quantise(w, DType.Q8_0, 64, false, arena))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("quantise: type is Q8_0, expected NF4 or FP4");
            assertThatThrownBy(() -> Quantise.quantise(w, DType.NF4, 63, false, arena))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("quantise: block is 63, expected a power of two from 32 to 4096");
        }
    }
}
