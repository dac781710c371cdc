package dev.gradine.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Numbers over all items, worked by hand or by Python.
class AggregateTest {

    private static List<Point> points(double... values) {
        List<Point> all = new ArrayList<>();
        for (double v : values) all.add(Point.of(v));
        return all;
    }

    @Test
    void one_right_of_twenty_has_an_error_of_a_twentieth() {
        double[] x = new double[20];
        x[3] = 1;
        assertThat(Aggregate.MEAN.of(points(x))).isCloseTo(0.05, within(1e-12));
        assertThat(Aggregate.MEAN.error(points(x))).isCloseTo(0.05, within(1e-12));
        assertThat(Aggregate.MEAN.error(points(1))).isNaN();
    }

    @Test
    void sums_over_documents_are_divided_in_the_end() {
        List<Point> two = List.of(new Point(-6, 3), new Point(-2, 1));
        assertThat(Aggregate.WEIGHTED_PERPLEXITY.of(two)).isCloseTo(Math.exp(2), within(1e-12));
        assertThat(Aggregate.BITS_PER_BYTE.of(two)).isCloseTo(2 / Math.log(2), within(1e-12));
        assertThat(Aggregate.WEIGHTED_PERPLEXITY.error(two)).isNaN();
    }

    /// `lm_eval.api.metrics.bootstrap_stderr(perplexity, xs, 100000)` of 0.4.13 on one process.
    @Test
    void the_error_of_a_perplexity_is_that_of_the_harness() {
        List<Point> xs = points(-1.0, -2.0, -0.5, -3.0);
        assertThat(Aggregate.PERPLEXITY.of(xs)).isCloseTo(Math.exp(1.625), within(1e-12));
        assertThat(Aggregate.PERPLEXITY.error(xs)).isCloseTo(2.9426972008861854, within(1e-9));
    }
}
