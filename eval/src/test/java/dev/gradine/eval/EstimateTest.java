package dev.gradine.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.eval.metric.Point;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A ratio of sums and its error.
class EstimateTest {

    @Test
    void with_equal_weights_it_is_a_mean_and_its_standard_error() {
        Estimate m = Estimate.of(List.of(Point.of(1), Point.of(2), Point.of(6)));
        assertThat(m.value()).isEqualTo(3);
        assertThat(m.error()).isEqualTo(Math.sqrt((4 + 1 + 9) / 2.0) / Math.sqrt(3), within(1e-12));
        assertThat(Estimate.of(List.of(Point.of(1))).error()).isNaN();
    }

    /// The spread of the ratio over many samples is what the error says of one.
    @Test
    void the_error_is_the_spread_of_the_number_over_samples() {
        SplittableRandom rng = new SplittableRandom(1);
        int times = 2000;
        double[] values = new double[times];
        double errors = 0;
        for (int i = 0; i < times; i++) {
            Estimate m = Estimate.of(IntStream.range(0, 100)
                    .mapToObj(_ -> {
                        double tokens = rng.nextInt(5, 60);
                        return new Point(tokens * 2 + rng.nextGaussian() * Math.sqrt(tokens) * 3, tokens);
                    })
                    .toList());
            values[i] = m.value();
            errors += m.error() / times;
        }
        double mean = IntStream.range(0, times).mapToDouble(i -> values[i]).sum() / times;
        double spread = Math.sqrt(IntStream.range(0, times)
                        .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                        .sum()
                / times);
        assertThat(errors).isCloseTo(spread, within(0.08 * spread)); // of 2,000 samples, 5 standard errors
    }
}
