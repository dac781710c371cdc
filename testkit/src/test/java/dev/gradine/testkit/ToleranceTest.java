package dev.gradine.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ToleranceTest {

    @Test
    void names_index_got_expected_and_allowed() {
        Tolerance t = new Tolerance(0.5, 0, "half");
        assertThatThrownBy(() -> t.check("y", new float[] {1, 3}, new double[] {1, 2}))
                .hasMessage("y[1]: got 3.0, expected 2.0, off by 1.0, allowed 0.5 (half)");
    }

    @Test
    void nan_equals_only_nan() {
        Tolerance t = new Tolerance(1e9, 0, "anything");
        t.check("y", new float[] {Float.NaN}, new double[] {Double.NaN});
        assertThatThrownBy(() -> t.check("y", new float[] {Float.NaN}, new double[] {0}))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> t.check("y", new float[] {0}, new double[] {Double.NaN}))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void lengths_must_agree() {
        assertThatThrownBy(() -> Tolerance.exact().check("y", new float[1], new double[2]))
                .hasMessage("y: 1 values, expected 2");
    }

    static IntStream sizes() {
        return Cases.sizes();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void the_sum_tolerance_holds_for_float_sums_and_catches_one_percent(int n) {
        float[] x = Cases.plain(n, n, 2);
        float got = 0;
        double expected = 0;
        for (float v : x) {
            got += v;
            expected += v;
        }
        Tolerance t = Tolerance.sum(n, 2);
        t.check("sum", got, expected);
        double wrong = expected * 1.01 + 0.01;
        assertThat(Math.abs(wrong - expected)).isGreaterThan(t.allowed(expected));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void cases_are_seeded_and_hold_the_special_values(int n) {
        float[] x = Cases.wide(3, n);
        assertThat(x).isEqualTo(Cases.wide(3, n));
        if (n > 1) assertThat(x).isNotEqualTo(Cases.wide(4, n));
        if (n >= 8) assertThat(x).contains(0f, -0f, 1e-30f, -1e-30f, 1e4f, -1e4f, 1f);
    }

    @Test
    void the_slope_of_a_cubic_is_its_derivative() {
        double[] got = FiniteDifference.of(x -> x[0] * x[0] * x[0] + 5 * x[1], new double[] {2, 7});
        Tolerance t = Tolerance.slope(12, 1);
        t.check("slope", Cases.floats(got), new double[] {12, 5});
        Teeth.bite(Cases.floats(got), g -> t.check("slope", g, new double[] {12, 5}));
    }

    @Test
    void the_repository_is_found_from_a_module() {
        assertThat(Golden.repository().resolve("testkit")).isDirectory();
    }
}
