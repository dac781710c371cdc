package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FloatsTest {

    private static final float NAN = Float.intBitsToFloat(0xffc0_1234);

    @Test
    void every_nan_is_the_canonical_one() {
        assertThat(Floats.bits(NAN)).isEqualTo(0x7fff_ffff);
        assertThat(Floats.bits(-0f)).isEqualTo(0x8000_0000);
    }

    @Test
    void subnormals_flush_to_the_zero_of_their_sign() {
        assertThat(Floats.flush(Math.nextDown(Float.MIN_NORMAL))).isEqualTo(0f);
        assertThat(Floats.flush(-Float.MIN_VALUE)).isEqualTo(-0f);
        assertThat(Floats.flush(Float.MIN_NORMAL)).isEqualTo(Float.MIN_NORMAL);
        assertThat(Floats.flush(NAN)).isNaN();
    }

    @Test
    void saturation_sends_nan_to_zero() {
        assertThat(Floats.saturate(NAN)).isEqualTo(0f);
        assertThat(Floats.saturate(-3)).isEqualTo(0f);
        assertThat(Floats.saturate(0.25f)).isEqualTo(0.25f);
        assertThat(Floats.saturate(7)).isEqualTo(1f);
    }

    @Test
    void minimum_and_maximum_prefer_numbers_and_know_the_sign_of_zero() {
        assertThat(Floats.min(NAN, 2)).isEqualTo(2);
        assertThat(Floats.max(2, NAN)).isEqualTo(2);
        assertThat(Floats.min(0f, -0f)).isEqualTo(-0f);
        assertThat(Floats.max(-0f, 0f)).isEqualTo(0f);
        assertThat(Floats.bits(Floats.max(NAN, NAN))).isEqualTo(0x7fff_ffff);
        assertThat(Floats.min(NAN, 2.0)).isEqualTo(2.0);
        assertThat(Floats.max(-1.0, -0.0)).isEqualTo(-0.0);
        assertThat(Floats.minNaN(NAN, 2)).isNaN();
        assertThat(Floats.maxNaN(3, 2)).isEqualTo(3);
    }

    @Test
    void integers_are_clamped_to_the_range_of_their_type() {
        assertThat(signed(1e20, 32)).isEqualTo(Integer.MAX_VALUE);
        assertThat(signed(-1e20, 32)).isEqualTo(Integer.MIN_VALUE);
        assertThat(signed(300, 8)).isEqualTo(127);
        assertThat(signed(-1e30, 64)).isEqualTo(Long.MIN_VALUE);
        assertThat(signed(-2.9, 16)).isEqualTo(-2);
        assertThat(unsigned(-5, 32)).isZero();
        assertThat(unsigned(4294967295.5, 32)).isEqualTo(0xffff_ffffL);
        assertThat(unsigned(1e10, 32)).isEqualTo(0xffff_ffffL);
        assertThat(unsigned(0x1p63 + 0x1p12, 64)).isEqualTo(Long.MIN_VALUE + 4096);
        assertThat(unsigned(1e30, 64)).isEqualTo(-1);
        assertThat(unsigned(3.7, 64)).isEqualTo(3);
        assertThat(Floats.toInteger(2.5, Rounding.NEAREST, 32, true, false)).isEqualTo(2);
        assertThat(Floats.toInteger(-2.5, Rounding.DOWN, 32, true, false)).isEqualTo(-3);
    }

    @Test
    void nan_is_zero_for_narrow_integers_and_the_upper_bit_for_wide_ones() {
        assertThat(Floats.toInteger(NAN, Rounding.ZERO, 32, true, false)).isZero();
        assertThat(Floats.toInteger(NAN, Rounding.ZERO, 32, true, true)).isEqualTo(Integer.MIN_VALUE);
        assertThat(Floats.toInteger(NAN, Rounding.ZERO, 32, false, true)).isEqualTo(0x8000_0000L);
        assertThat(Floats.toInteger(NAN, Rounding.ZERO, 64, true, false)).isEqualTo(Long.MIN_VALUE);
        assertThat(Floats.toInteger(NAN, Rounding.ZERO, 64, false, false)).isEqualTo(Long.MIN_VALUE);
    }

    private static long signed(double x, int width) {
        return Floats.toInteger(x, Rounding.ZERO, width, true, false);
    }

    private static long unsigned(double x, int width) {
        return Floats.toInteger(x, Rounding.ZERO, width, false, false);
    }
}
