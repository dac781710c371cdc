package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MomentsTest {

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new Moments(1, 0.9, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("beta1: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Moments(0.9, -0.1, 0)).hasMessage("beta2: -0.1, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Moments(0.9, 0.9, Double.NaN))
                .hasMessage("eps: NaN, expected a finite number of at least 0");
    }
}
