package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {

    /// Up to the last step of the run, beyond which there is none.
    @ParameterizedTest
    @CsvSource({"CONSTANT, constant, 0", "CONSTANT, constant_with_warmup, 7", "LINEAR, linear, 5", "COSINE, cosine, 5"})
    void factors_are_those_of_transformers(Schedule schedule, String name, int warmup) {
        Map<String, Object> json = Json.readObject(Golden.golden("optim").resolve("expected.json"));
        Map<?, ?> all = (Map<?, ?>) requireNonNull(json.get("schedules"));
        Map<?, ?> one = (Map<?, ?>) requireNonNull(all.get(name));
        List<?> factors = (List<?>) requireNonNull(one.get("factors"));
        for (int t = 0; t <= 40; t++) {
            double expected = ((Number) requireNonNull(factors.get(t))).doubleValue();
            assertThat(schedule.factor(t, warmup, 40)).as("step " + t).isEqualTo(expected, within(1e-15));
        }
    }

    @Test
    void a_name_that_is_none_is_refused() {
        assertThat(Schedule.parse("cosine")).isEqualTo(Schedule.COSINE);
        assertThatThrownBy(() -> Schedule.parse("cosin"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("schedule: \"cosin\", expected one of [constant, linear, cosine]");
    }
}
