package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

final class NarrowTest {

    @Test
    void bf16_is_the_nearest_of_all_with_ties_to_even() {
        for (int bits = 0; bits < 0x7f80; bits += 7) {
            float low = Narrow.fromBf16(bits);
            float high = Narrow.fromBf16(bits + 1);
            float middle = Float.isInfinite(high) ? Float.intBitsToFloat(0x7f7f_8000) : low + (high - low) / 2;
            assertThat(Narrow.bf16(low)).isEqualTo(bits);
            assertThat(Narrow.bf16(Math.nextDown(middle))).isEqualTo(bits);
            assertThat(Narrow.bf16(middle)).isEqualTo(bits + (bits & 1));
            assertThat(Narrow.bf16(Math.nextUp(middle))).isEqualTo(bits + 1);
            assertThat(Narrow.bf16(-Math.nextUp(middle))).isEqualTo((bits + 1) | 0x8000);
            assertThat(Narrow.bf16Truncated(Math.nextUp(middle))).isEqualTo(bits);
        }
    }

    @Test
    void f16_is_the_nearest_of_all_with_ties_to_even() {
        for (int bits = 0; bits < 0x7bff; bits += 3) {
            float low = Narrow.fromF16(bits);
            float high = Narrow.fromF16(bits + 1);
            float middle = low + (high - low) / 2;
            assertThat(low).isEqualTo((float) f16(bits));
            assertThat(Narrow.f16(middle)).isEqualTo(bits + (bits & 1));
            assertThat(Narrow.f16(Math.nextUp(middle))).isEqualTo(bits + 1);
            assertThat(Narrow.f16Truncated(Math.nextUp(middle))).isEqualTo(bits);
            assertThat(Narrow.f16Truncated(-high)).isEqualTo((bits + 1) | 0x8000);
        }
        assertThat(Narrow.f16(65520)).isEqualTo(0x7c00);
        assertThat(Narrow.f16Truncated(1e9f)).isEqualTo(0x7bff);
    }

    @Test
    void tf32_has_ten_bits_of_fraction_and_ties_go_away_from_zero() {
        assertThat(value(Narrow.tf32(1 + 0x1p-11f))).isEqualTo(1 + 0x1p-10f);
        assertThat(value(Narrow.tf32(-1 - 0x1p-11f))).isEqualTo(-1 - 0x1p-10f);
        assertThat(value(Narrow.tf32(1 + 0x1.ffep-12f))).isEqualTo(1);
        assertThat(value(Narrow.tf32(2 - 0x1p-12f))).isEqualTo(2);
        assertThat(value(Narrow.tf32(Float.MAX_VALUE))).isInfinite();
        assertThat(value(Narrow.tf32(Float.NEGATIVE_INFINITY))).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(value(Narrow.tf32Truncated(Float.floatToRawIntBits(2 - 0x1p-12f))))
                .isEqualTo(2 - 0x1p-10f);
    }

    @Test
    void the_first_source_of_a_pair_is_the_upper_half() {
        assertThat(Narrow.bf16Pair(1, -2)).isEqualTo(0x3f80_c000);
        assertThat(Narrow.f16Pair(1, -2)).isEqualTo(0x3c00_c000);
    }

    @Test
    void any_nan_becomes_the_canonical_one() {
        float nan = Float.intBitsToFloat(0xff80_0001);
        assertThat(Narrow.bf16(nan)).isEqualTo(0x7fff);
        assertThat(Narrow.bf16Truncated(nan)).isEqualTo(0x7fff);
        assertThat(Narrow.f16(nan)).isEqualTo(0x7fff);
        assertThat(Narrow.f16Truncated(nan)).isEqualTo(0x7fff);
        assertThat(Narrow.tf32(nan)).isEqualTo(0x7fff_ffff);
    }

    private static float value(int bits) {
        return Float.intBitsToFloat(bits);
    }

    private static double f16(int bits) {
        IntToDoubleFunction normal = e -> (1024 + (bits & 1023)) * Math.pow(2, e - 25);
        int e = bits >>> 10;
        return e == 0 ? bits * 0x1p-24 : normal.applyAsDouble(e);
    }
}
