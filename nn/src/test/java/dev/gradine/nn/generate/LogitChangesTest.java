package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogitChangesTest {

    private static final int[] PROMPT = {0, 3};
    private static final int[] TEXT = {1, 3, 3, 2}; // of which three are written

    private static float[] after(LogitChanges changes) {
        float[] z = {1, -2, 4, 3, 0.5f};
        changes.apply(z, PROMPT, TEXT, 3, t -> t == 4);
        return z;
    }

    @Test
    void a_bias_is_added() {
        assertThat(after(new LogitChanges(Map.of(1, 10f, 4, -0.25f), 1, 0, 0, 0)))
                .containsExactly(1, 8, 4, 3, 0.25f);
    }

    @Test
    void repetition_divides_what_is_above_0_and_multiplies_the_rest_of_the_prompt_and_the_text() {
        assertThat(after(new LogitChanges(Map.of(), 2, 0, 0, 0))).containsExactly(0.5f, -4, 4, 1.5f, 0.5f);
    }

    @Test
    void frequency_counts_and_presence_does_not_and_the_prompt_is_neither() {
        assertThat(after(new LogitChanges(Map.of(), 1, 0.5f, 0.25f, 0)))
                .containsExactly(1, -2.75f, 4, 3 - 0.25f - 2 * 0.5f, 0.5f);
    }

    @Test
    void bias_comes_before_repetition_and_repetition_before_the_others() {
        assertThat(after(new LogitChanges(Map.of(3, 1f), 2, 0, 0.25f, 0))[3]).isEqualTo((3 + 1) / 2f - 0.25f);
    }

    @Test
    void no_end_comes_before_the_least_number_of_tokens() {
        assertThat(after(new LogitChanges(Map.of(), 1, 0, 0, 4))[4]).isLessThan(-1e29f);
        assertThat(after(new LogitChanges(Map.of(), 1, 0, 0, 3))[4]).isEqualTo(0.5f);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new LogitChanges(Map.of(), 0, 0, 0, 0))
                .hasMessageContaining("repetition penalty: 0.0");
        assertThatThrownBy(() -> new LogitChanges(Map.of(), 1, Float.NaN, 0, 0)).hasMessageContaining("frequency NaN");
        assertThatThrownBy(() -> new LogitChanges(Map.of(), 1, 0, 0, -1))
                .hasMessageContaining("-1, expected at least 0");
    }
}
