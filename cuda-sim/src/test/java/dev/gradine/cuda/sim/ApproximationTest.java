package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class ApproximationTest {

    private static final float INF = Float.POSITIVE_INFINITY;

    /// One function of one argument in a mode.
    private interface Approximated {
        float apply(Approximation mode, float x);
    }

    @Test
    void exact_is_the_nearest_float_and_the_ends_use_the_whole_documented_error() {
        assertBounds(Approximation::ex2, x -> Math.pow(2, x), -126, 127, y -> 2 * ulp(y));
        assertBounds(Approximation::rcp, x -> 1 / x, 1, 2, ApproximationTest::ulp);
        assertBounds(Approximation::rsqrt, x -> 1 / Math.sqrt(x), 0.1, 1e6, y -> y * Math.pow(2, -22.9));
        assertBounds(Approximation::sqrt, Math::sqrt, 0.1, 1e6, y -> y * 0x1p-23);
        assertBounds(Approximation::lg2, x -> Math.log(x) / Math.log(2), 0.51, 1.99, y -> 0x1p-22);
        assertBounds(Approximation::lg2, x -> Math.log(x) / Math.log(2), 2.1, 1e9, y -> y * 0x1p-22);
        assertBounds(Approximation::sin, Math::sin, -6.28, 6.28, y -> Math.pow(2, -20.5));
        assertBounds(Approximation::cos, Math::cos, 6.3, 314, y -> Math.pow(2, -14.7));
        assertBounds(Approximation::tanh, Math::tanh, -5, 5, y -> Math.abs(y) * 0x1p-11);
        assertBounds((m, x) -> m.div(3, x), x -> 3 / x, 1, 1e4, y -> 2 * ulp(y));
        assertBounds((m, x) -> m.divFull(x, 7), x -> x / 7, 1, 1e4, y -> 2 * ulp(y));
    }

    @Test
    void special_values_are_exact_in_every_mode() {
        for (Approximation m : Approximation.values()) {
            assertThat(m.ex2(-0f)).isEqualTo(1f);
            assertThat(m.ex2(-INF)).isEqualTo(0f);
            assertThat(m.ex2(INF)).isEqualTo(INF);
            assertThat(m.ex2(-2000)).isEqualTo(0f);
            assertThat(m.lg2(-0f)).isEqualTo(-INF);
            assertThat(m.lg2(INF)).isEqualTo(INF);
            assertThat(m.rcp(-0f)).isEqualTo(-INF);
            assertThat(m.rcp(-INF)).isEqualTo(-0f);
            assertThat(m.rsqrt(-0f)).isEqualTo(-INF);
            assertThat(m.rsqrt(INF)).isEqualTo(0f);
            assertThat(m.sqrt(-0f)).isEqualTo(-0f);
            assertThat(m.sin(-0f)).isEqualTo(-0f);
            assertThat(m.cos(0)).isEqualTo(1f);
            assertThat(m.tanh(-INF)).isEqualTo(-1f);
            assertThat(m.tanh(-0f)).isEqualTo(-0f);
        }
    }

    @Test
    void what_has_no_value_is_the_canonical_nan() {
        for (Approximation m : Approximation.values()) {
            float[] results = {
                m.ex2(Float.NaN), m.lg2(-1), m.rcp(Float.NaN), m.rsqrt(-1), m.sqrt(-1),
                m.sin(INF), m.cos(-INF), m.tanh(Float.NaN), m.div(0, 0), m.divFull(INF, INF)
            };
            for (float r : results) assertThat(Float.floatToRawIntBits(r)).isEqualTo(0x7fff_ffff);
        }
    }

    @Test
    void division_by_a_huge_number_is_zero_or_nan() {
        float huge = 0x1.8p126f;
        assertThat(Approximation.EXACT.div(0x1p127f, huge)).isEqualTo(0f);
        assertThat(Approximation.EXACT.div(-1, huge)).isEqualTo(-0f);
        assertThat(Approximation.EXACT.div(INF, huge)).isNaN();
        assertThat(Approximation.EXACT.divFull(0x1p127f, huge)).isEqualTo((float) (4 / 3.0));
        assertThat(Approximation.EXACT.div(3, INF)).isEqualTo(0f);
    }

    @Test
    void nothing_is_promised_of_a_large_angle() {
        assertThat(Approximation.ABOVE.sin(10_000) - Approximation.BELOW.sin(10_000))
                .isGreaterThan(3.9f);
    }

    @Test
    void no_error_crosses_zero() {
        assertThat(Approximation.BELOW.ex2(-149)).isEqualTo(0f);
        assertThat(Approximation.BELOW.divFull(-Float.MIN_VALUE, 1)).isEqualTo(-3 * Float.MIN_VALUE);
        assertThat(Approximation.ABOVE.divFull(-Float.MIN_VALUE, 1)).isEqualTo(-0f);
    }

    private static void assertBounds(
            Approximated f, DoubleUnaryOperator exact, double from, double to, DoubleUnaryOperator error) {
        var random = new SplittableRandom(2);
        for (int i = 0; i < 5_000; i++) {
            float x = (float) random.nextDouble(from, to);
            double y = exact.applyAsDouble(x);
            double e = error.applyAsDouble(y);
            assertThat(f.apply(Approximation.EXACT, x)).isEqualTo((float) y);
            double above = (f.apply(Approximation.ABOVE, x) - y) / e;
            double below = (y - f.apply(Approximation.BELOW, x)) / e;
            double slack = 1 - 2.1 * ulp(y) / e - 1e-9; // the float inside the bound may be one step away
            assertThat(above).as("%s", x).isBetween(slack, 1 + 1e-6);
            assertThat(below).as("%s", x).isBetween(slack, 1 + 1e-6);
        }
    }

    private static double ulp(double y) {
        return Math.ulp((float) y);
    }
}
