package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyRateTest {

    @Test
    void a_copy_has_a_rate_that_a_machine_can_have() {
        assertThat(CopyRate.gigabytes(1_000_003)).isBetween(0.1, 10_000.0); // no whole number of shares
    }
}
