package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {

    private static float exp(float x) {
        return VectorMath.exp(FloatVector.broadcast(F, x)).lane(0);
    }

    @Test
    void exp_is_within_one_and_a_half_ulp_over_its_range() {
        double worst = worstUlps(VectorMath::exp, Math::exp, -86.9f, 88.7f);
        assertThat(worst).isLessThan(1.5);
        assertThat(worstUlps(v -> VectorMath.exp(v).mul(1.01f), Math::exp, -86.9f, 88.7f))
                .isGreaterThan(1000);
    }

    @Test
    void exp_keeps_the_ends_of_its_range() {
        assertThat(exp(0)).isEqualTo(1);
        assertThat(exp(-0f)).isEqualTo(1);
        assertThat(exp(Float.NEGATIVE_INFINITY)).isEqualTo(0);
        assertThat(exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(-1e30f)).isEqualTo(0);
        assertThat(exp(-88)).isEqualTo(0);
        assertThat(exp(1e30f)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(88.73f)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(exp(88.722f)).isFinite();
        assertThat(exp(Float.NaN)).isNaN();
        assertThat(exp(Float.intBitsToFloat(-1))).isNaN();
        assertThat(exp(1e-30f)).isEqualTo(1);
    }

    @Test
    void exp_of_a_bounded_argument_is_as_good_and_vanishes_at_its_floor() {
        UnaryOperator<FloatVector> bounded = x -> VectorMath.expFrom(VectorMath.floor(x));
        assertThat(worstUlps(bounded, Math::exp, -86.9f, 88)).isLessThan(1.5);
        assertThat(worstUlps(x -> bounded.apply(x).mul(1.01f), Math::exp, -86.9f, 88))
                .isGreaterThan(1000);
        for (float x : new float[] {-88, -1e30f, Float.NEGATIVE_INFINITY}) {
            assertThat(bounded.apply(FloatVector.broadcast(F, x)).lane(0)).isEqualTo(0);
        }
        assertThat(bounded.apply(FloatVector.broadcast(F, Float.NaN)).lane(0)).isNaN();
        assertThat(bounded.apply(FloatVector.zero(F)).lane(0)).isEqualTo(1);
    }

    @Test
    void tanh_is_within_two_ulp_and_keeps_its_ends() {
        for (float end : new float[] {0.01f, 0.624f, 0.7f, 10, 100}) {
            assertThat(worstUlps(VectorMath::tanh, Math::tanh, -end, end)).isLessThan(2);
        }
        assertThat(worstUlps(v -> VectorMath.tanh(v).mul(1.01f), Math::tanh, -10, 10))
                .isGreaterThan(1000);
        for (float x : new float[] {0f, -0f, 1e-30f, -1e-30f, Float.MIN_VALUE}) {
            assertThat(VectorMath.tanh(FloatVector.broadcast(F, x)).lane(0)).isEqualTo(x);
        }
        for (float x : new float[] {20, 1e30f, Float.POSITIVE_INFINITY}) {
            assertThat(VectorMath.tanh(FloatVector.broadcast(F, x)).lane(0)).isEqualTo(1);
            assertThat(VectorMath.tanh(FloatVector.broadcast(F, -x)).lane(0)).isEqualTo(-1);
        }
        assertThat(VectorMath.tanh(FloatVector.broadcast(F, Float.NaN)).lane(0)).isNaN();
    }

    @Test
    void the_scalar_forms_are_the_vector_forms() {
        for (float x = -20; x < 20; x += 0.37f) {
            FloatVector v = FloatVector.broadcast(F, x);
            FloatVector e = VectorMath.gaussian(v);
            assertThat(VectorMath.exp(x)).isEqualTo(VectorMath.exp(v).lane(0));
            assertThat(VectorMath.sigmoid(x)).isEqualTo(VectorMath.sigmoid(v).lane(0));
            assertThat(VectorMath.gaussian(x)).isCloseTo(e.lane(0), within(Float.MIN_NORMAL));
            assertThat(VectorMath.normalCdf(x, e.lane(0)))
                    .isEqualTo(VectorMath.normalCdf(v, e).lane(0));
        }
    }

    @Test
    void sigmoid_is_within_three_ulp() {
        assertThat(worstUlps(VectorMath::sigmoid, x -> 1 / (1 + Math.exp(-x)), -86, 80))
                .isLessThan(3);
    }

    @Test
    void the_normal_distribution_is_within_eight_ulp_and_its_tail_within_the_rounding_of_the_exponent() {
        UnaryOperator<FloatVector> cdf = x -> VectorMath.normalCdf(x, VectorMath.gaussian(x));
        assertThat(worstUlps(cdf, NormalReference::cdf, -2, 8)).isLessThan(8);
        assertThat(worstUlps(cdf, NormalReference::cdf, -12, -2)).isLessThan(80); // x²/2 = 72 rounds by 72 ε
    }

    private static double worstUlps(UnaryOperator<FloatVector> f, DoubleUnaryOperator exact, float from, float to) {
        int steps = 400_000 / LANES;
        float[] x = new float[LANES];
        float[] y = new float[LANES];
        double worst = 0;
        for (int s = 0; s < steps; s++) {
            for (int i = 0; i < LANES; i++) x[i] = from + (to - from) * ((s + (float) i / LANES) / steps);
            f.apply(FloatVector.fromArray(F, x, 0)).intoArray(y, 0);
            for (int i = 0; i < LANES; i++) {
                double expected = exact.applyAsDouble(x[i]);
                worst = Math.max(worst, Math.abs(y[i] - expected) / Math.ulp((float) expected));
            }
        }
        return worst;
    }
}
