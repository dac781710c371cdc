package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PeakRateTest {

    @Test
    void the_loop_runs_and_its_sums_are_finite() {
        assertThat(PeakRate.gflops()).isFinite().isPositive();
    }
}
