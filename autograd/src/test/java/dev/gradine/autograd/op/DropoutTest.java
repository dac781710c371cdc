package dev.gradine.autograd.op;

import static dev.gradine.autograd.op.Dropout.dropout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `dropout` against its mask by formula, and what it refuses.
class DropoutTest {

    private static final float P = 0.3f;
    private static final long SEED = 1234567;

    /// The mask as `DropoutKernel` defines it.
    private static double[] reference(double[] x, float p, long seed) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            long z = seed + (i + 1) * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            y[i] = (z >>> 32) / 0x1p32 >= p ? x[i] / (1.0 - p) : 0;
        }
        return y;
    }

    private static OpCheck dropped(int n, float p) {
        return OpCheck.of((_, v) -> dropout(v.get(0), p, SEED), in -> reference(in.get(0), p, SEED), Shape.of(3, n));
    }

    @ParameterizedTest
    @MethodSource("dev.gradine.testkit.Cases#sizes")
    void forward_draws_the_contracts_mask(int n) {
        dropped(n, P).wide().forward(Tolerance.elementwise(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 17})
    void gradient_is_the_slope_of_the_reference(int n) {
        dropped(n, P).gradients(Tolerance.slope(2, 2));
    }

    @Test
    void without_probability_nothing_changes() {
        dropped(65, 0).wide().forward(Tolerance.exact());
    }

    @Test
    void the_share_dropped_is_p() {
        int n = 100_000;
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        long kept = Arrays.stream(reference(ones, P, SEED)).filter(y -> y > 0).count();
        double sigma = Math.sqrt(n * P * (1 - P));
        assertThat(kept).isBetween(Math.round(n * (1 - P) - 5 * sigma), Math.round(n * (1 - P) + 5 * sigma));
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.1f, 1, Float.NaN})
    void refuses_a_probability_out_of_range(float p) {
        assertThatThrownBy(() -> new Dropout(p, SEED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dropout: p is " + p + ", expected in [0, 1)");
    }
}
