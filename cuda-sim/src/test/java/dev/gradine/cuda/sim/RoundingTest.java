package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RoundingTest {

    private static final int CASES = 6_000;
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void sums_products_and_fused_products_are_the_exact_ones_rounded_once() {
        for (int i = 0; i < CASES; i++) {
            float a = any();
            float b = i % 3 == 0 ? -a * (1 + i % 5 * 0x1p-23f) : any();
            float c = i % 2 == 0 ? -a * b : any();
            for (Rounding r : Rounding.values()) {
                assertRounded(r, big(a).add(big(b)), r.add(a, b));
                assertRounded(r, big(a).multiply(big(b)), r.mul(a, b));
                if (Float.isFinite(c)) assertRounded(r, big(a).multiply(big(b)).add(big(c)), r.fma(a, b, c));
            }
        }
    }

    @Test
    void quotients_and_roots_are_the_exact_ones_rounded_once() {
        for (int i = 0; i < CASES; i++) {
            float a = any();
            float b = any();
            for (Rounding r : Rounding.values()) {
                if (b != 0) assertRounded(r, big(a).divide(big(b), new MathContext(200)), r.div(a, b));
                assertRounded(r, big(Math.abs(a)).sqrt(new MathContext(200)), r.sqrt(Math.abs(a)));
            }
        }
    }

    @Test
    void integers_and_doubles_become_the_float_beside_them() {
        for (int i = 0; i < CASES; i++) {
            long n = random.nextLong() >> random.nextInt(64);
            double d = Double.longBitsToDouble(random.nextLong());
            for (Rounding r : Rounding.values()) {
                assertRounded(r, BigDecimal.valueOf(n), r.fromInteger(n, true));
                assertRounded(r, new BigDecimal(Long.toUnsignedString(n)), r.fromInteger(n, false));
                if (Double.isFinite(d)) assertRounded(r, new BigDecimal(d), r.narrow(d));
            }
        }
    }

    @Test
    void an_exact_zero_is_negative_only_when_rounding_down() {
        assertThat(Float.floatToRawIntBits(Rounding.DOWN.add(1, -1))).isEqualTo(0x8000_0000);
        assertThat(Float.floatToRawIntBits(Rounding.UP.add(1, -1))).isZero();
        assertThat(Float.floatToRawIntBits(Rounding.DOWN.add(0, 0))).isZero();
        assertThat(Float.floatToRawIntBits(Rounding.DOWN.fma(1, 0f, -0f))).isEqualTo(0x8000_0000);
    }

    @Test
    void infinities_pass_and_overflow_stops_where_the_rounding_points_inwards() {
        assertThat(Rounding.DOWN.add(Float.POSITIVE_INFINITY, 1)).isInfinite();
        assertThat(Rounding.ZERO.fma(Float.NEGATIVE_INFINITY, 1, 1)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Rounding.ZERO.mul(Float.MAX_VALUE, -2)).isEqualTo(-Float.MAX_VALUE);
        assertThat(Rounding.UP.mul(Float.MAX_VALUE, -2)).isEqualTo(-Float.MAX_VALUE);
        assertThat(Rounding.DOWN.div(Float.MAX_VALUE, 0.5f)).isEqualTo(Float.MAX_VALUE);
        assertThat(Rounding.UP.div(1, 0)).isInfinite();
        assertThat(Rounding.DOWN.add(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY))
                .isNaN();
    }

    @Test
    void names_are_ptx_modifiers() {
        assertThat(Rounding.of("rni")).isEqualTo(Rounding.NEAREST);
        assertThat(Rounding.of("rz")).isEqualTo(Rounding.ZERO);
        assertThat(Rounding.of("rm")).isEqualTo(Rounding.DOWN);
        assertThat(Rounding.of("rpi")).isEqualTo(Rounding.UP);
        assertThatThrownBy(() -> Rounding.of("sat")).hasMessage("rounding is sat, expected rn, rz, rm, rp or rni, ...");
    }

    @Test
    void integers_beside_a_number() {
        double[] x = {-2.5, -1.5, -0.2, 0.5, 1.5, 1.7};
        assertIntegral(Rounding.NEAREST, x, -2, -2, 0, 0, 2, 2);
        assertIntegral(Rounding.ZERO, x, -2, -1, 0, 0, 1, 1);
        assertIntegral(Rounding.DOWN, x, -3, -2, -1, 0, 1, 1);
        assertIntegral(Rounding.UP, x, -2, -1, 0, 1, 2, 2);
    }

    private static void assertIntegral(Rounding r, double[] x, double... expected) {
        for (int i = 0; i < x.length; i++) assertThat(r.integral(x[i]) + 0.0).isEqualTo(expected[i]);
    }

    private float any() {
        float f = Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(f) ? f : random.nextInt(9) - 4;
    }

    private static BigDecimal big(float f) {
        return new BigDecimal(f);
    }

    /// The rounded value is on its side of the exact one, and no float is between them (or as near, for nearest).
    private static void assertRounded(Rounding r, BigDecimal exact, float got) {
        float below = below(exact);
        float above = below == Float.NEGATIVE_INFINITY || big(below).compareTo(exact) != 0 ? Math.nextUp(below) : below;
        float expected = switch (r) {
            case DOWN -> below;
            case UP -> above;
            case ZERO -> exact.signum() > 0 ? below : above;
            case NEAREST -> exact.floatValue();
        };
        assertThat(got + 0f).as("%s of %s", r, exact).isEqualTo(expected + 0f);
    }

    private static float below(BigDecimal exact) {
        float f = exact.floatValue();
        if (f == Float.POSITIVE_INFINITY) return Float.MAX_VALUE;
        if (f == Float.NEGATIVE_INFINITY) return f;
        return big(f).compareTo(exact) > 0 ? Math.nextDown(f) : f;
    }
}
