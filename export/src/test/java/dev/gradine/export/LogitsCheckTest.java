package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogitsCheckTest {

    private static final LogitsCheck BEYOND = new LogitsCheck(1e-3, 5e-4, 1);

    @Test
    void what_another_order_of_sums_changes_is_allowed_four_times() {
        LogitsCheck wild = BEYOND.allowing(new float[] {1, 2, 3}, new float[] {1, 2, 3.0004f});
        assertThat(wild.agrees()).isTrue();
        assertThat(wild.tolerance()).isBetween(1.5e-3, 1.7e-3);
        assertThat(wild.difference()).isEqualTo(BEYOND.difference());
    }

    @Test
    void a_model_that_rounds_alike_in_any_order_keeps_its_bound() {
        assertThat(BEYOND.allowing(new float[] {1, 2}, new float[] {1, 2.00001f}))
                .isEqualTo(BEYOND);
        assertThat(BEYOND.agrees()).isFalse();
    }
}
