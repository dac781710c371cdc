package dev.gradine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimingTest {

    private static Runnable lasting(long nanos) {
        return () -> {
            for (long end = System.nanoTime() + nanos; System.nanoTime() < end; ) Thread.onSpinWait();
        };
    }

    @Test
    void each_side_has_its_own_time() {
        List<Timing> both = Timing.alternately(0.01, List.of(lasting(200_000), lasting(2_000_000)));
        assertThat(both).hasSize(2);
        assertThat(both.getFirst().best()).isBetween(200e-6, 1e-3);
        assertThat(both.getLast().best()).isGreaterThanOrEqualTo(2e-3);
        assertThat(both).allSatisfy(t -> assertThat(t.median()).isGreaterThanOrEqualTo(t.best()));
    }

    @Test
    void work_is_warmed_up_and_then_measured_often_enough() {
        int[] runs = new int[1];
        Timing.of(3, 5, 0, () -> runs[0]++);
        assertThat(runs[0]).isEqualTo(8);
    }
}
