package dev.gradine.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Thinned curves keep what matters of them.
class ColumnTest {

    @Test
    void peaks_and_ends_of_a_long_curve_are_kept_at_their_steps() {
        SplittableRandom rng = new SplittableRandom(3);
        int n = 54_321;
        int peak = rng.nextInt(n);
        int dip = rng.nextInt(n);
        Column c = new Column();
        for (int i = 0; i < n; i++) c.add(2L * i + 1, i == peak ? 1e6 : i == dip ? -1e6 : rng.nextDouble());
        List<List<Number>> points = c.thinned(2000);
        List<Number> steps = points.getFirst();
        List<Number> values = points.getLast();
        assertThat(steps).hasSizeBetween(1000, 2000).hasSameSizeAs(values).isSorted();
        assertThat(values.get(steps.indexOf(2L * peak + 1))).isEqualTo(1e6);
        assertThat(values.get(steps.indexOf(2L * dip + 1))).isEqualTo(-1e6);
        assertThat(steps).startsWith(1L).endsWith(2L * n - 1);
        for (int i = 0; i < steps.size(); i++) {
            int at = (int) ((steps.get(i).longValue() - 1) / 2);
            assertThat(values.get(i)).isEqualTo(c.value(at));
        }
    }

    @Test
    void a_short_curve_is_not_thinned_and_its_end_is_found() {
        Column c = new Column();
        for (int i = 0; i < 10; i++) c.add(i, i * i);
        assertThat(c.thinned(10)).isEqualTo(c.from(0));
        assertThat(c.from(8)).isEqualTo(List.of(List.of(8L, 9L), List.of(64.0, 81.0)));
        assertThat(c.before(7)).isEqualTo(7);
        assertThat(c.before(0)).isZero();
        assertThat(c.before(100)).isEqualTo(10);
    }
}
