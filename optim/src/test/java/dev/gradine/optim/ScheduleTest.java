package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Json;
import dev.gradine.optim.Schedule.Span;
import dev.gradine.optim.WarmupStableDecay.Curve;
import dev.gradine.settings.Settings;
import dev.gradine.testkit.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ScheduleTest {

    private static Arguments row(int golden, Schedule schedule, int warmup, int total) {
        return Arguments.of(golden, schedule, new Span(warmup, total, 1));
    }

    /// In the order of the golden file, whose peak is 1.
    static Stream<Arguments> rows() {
        Floor tenth = new Floor(null, 0.1);
        return Stream.of(
                row(0, new Schedule.Constant(), 0, 50),
                row(1, new Schedule.Constant(), 7, 50),
                row(2, new Schedule.Linear(), 5, 40),
                row(3, Schedule.Cosine.defaults(), 5, 40),
                row(4, new Schedule.Cosine(2), 0, 45),
                row(5, new Schedule.CosineWithRestarts(3), 4, 44),
                row(6, new Schedule.Polynomial(0.1, 2), 5, 40),
                row(7, new Schedule.InverseSqrt(null), 9, 50),
                row(8, new Schedule.InverseSqrt(20), 3, 50),
                row(9, new CosineWithMinLr(0.5, tenth), 5, 40),
                row(10, new CosineWarmupWithMinLr(0.5, tenth, 0.01), 5, 40),
                row(11, new CosineWarmupWithMinLr(0.5, new Floor(0.05, null), null), 5, 40),
                row(12, new WarmupStableDecay(12, null, Curve.LINEAR, Curve.COSINE, Floor.USUAL, 0.5), 6, 45),
                row(13, new WarmupStableDecay(15, 20, Curve.COSINE, Curve.ONE_MINUS_SQRT, tenth, 0.5), 6, 50),
                row(
                        14,
                        new WarmupStableDecay(20, null, Curve.ONE_MINUS_SQRT, Curve.LINEAR, new Floor(null, 0.2), 0.5),
                        4,
                        44));
    }

    private static List<Map<?, ?>> golden() {
        Map<String, Object> json = Json.readObject(Golden.golden("optim").resolve("expected.json"));
        List<Map<?, ?>> all = new ArrayList<>();
        ((Map<?, ?>) requireNonNull(json.get("schedules")))
                .forEach((_, one) -> all.add((Map<?, ?>) requireNonNull(one)));
        return all;
    }

    @ParameterizedTest
    @MethodSource("rows")
    void every_factor_is_that_of_transformers(int at, Schedule schedule, Span span) {
        Map<?, ?> one = golden().get(at);
        String theirs = String.valueOf(one.get("name")).replace('_', '-').replace("-with-warmup", "");
        assertThat(schedule.name()).isEqualTo(theirs);
        List<?> factors = (List<?>) requireNonNull(one.get("factors"));
        assertThat(factors).hasSize(50);
        for (int t = 0; t < 50; t++) {
            double expected = ((Number) requireNonNull(factors.get(t))).doubleValue();
            assertThat(schedule.factor(t, span)).as("step " + t).isEqualTo(expected, within(1e-14));
        }
    }

    @Test
    void the_golden_file_has_no_schedule_that_is_not_compared() {
        assertThat(rows().count()).isEqualTo(golden().size());
        assertThat(rows().<Class<?>>map(r -> requireNonNull(r.get()[1]).getClass())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(Stream.of(Schedule.class.getPermittedSubclasses())
                        .filter(c -> c != Watching.class) // see WatchingTest
                        .toList());
    }

    @Test
    void one_of_which_nothing_is_said_depends_on_no_more_than_it_says() {
        for (Schedule s : Schedule.all()) {
            boolean differs = s.factor(30, new Span(4, 50, 1)) != s.factor(30, new Span(4, 500, 1));
            assertThat(differs).as(s.name()).isEqualTo(s.needsTotal() && !(s instanceof WarmupStableDecay));
        }
        assertThat(new WarmupStableDecay(9, 9, Curve.LINEAR, Curve.LINEAR, Floor.USUAL, 0.5).needsTotal())
                .isFalse();
        assertThat(WarmupStableDecay.defaults().factor(47, new Span(4, 50, 1))).isLessThan(1);
    }

    @Test
    void a_schedule_is_read_from_its_options() {
        var given = Map.<String, Object>of("warmup-type", "1-sqrt", "decay-steps", 7, "min-lr-rate", 0.5);
        assertThat(Settings.of(WarmupStableDecay.defaults()).read(given))
                .isEqualTo(
                        new WarmupStableDecay(7, null, Curve.ONE_MINUS_SQRT, Curve.COSINE, new Floor(null, 0.5), 0.5));
    }

    private static void refused(Schedule schedule, int warmup, double lr, String message) {
        assertThatThrownBy(() -> new Rate(lr, schedule, warmup).requireUse(40))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void options_that_do_not_suit_the_run_are_refused() {
        refused(new Schedule.Polynomial(0.1, 1), 0, 0.1, "end-lr: 0.1, expected below --lr, which is 0.1");
        refused(
                new CosineWithMinLr(0.5, new Floor(0.2, null)),
                0,
                0.1,
                "min-lr: 0.2, expected below --lr, which is 0.1");
        refused(new CosineWithMinLr(0.5, new Floor(null, 1.5)), 0, 0.1, "min-lr-rate: 1.5, expected at most 1");
        refused(
                new CosineWarmupWithMinLr(0.5, Floor.USUAL, 0.1),
                0,
                0.1,
                "warmup-lr-rate: 0.1, expected a --warmup for it to begin");
        refused(
                new WarmupStableDecay(36, null, Curve.LINEAR, Curve.LINEAR, Floor.USUAL, 0.5),
                5,
                0.1,
                "decay-steps: 36, expected warm-up, stable steps and these within the 40 steps");
        assertThatThrownBy(() -> new Floor(0.1, 0.1))
                .hasMessage("min-lr: 0.1, expected one of --min-lr and --min-lr-rate");
        new Rate(0.1, WarmupStableDecay.defaults(), 5).requireUse(40);
    }
}
