package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.optim.PlateauRule.Mode;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Schedules that follow evaluations, against what torch and transformers make of the same values (plateau.json, made
/// with torch 2.15 and transformers 5.23).
class WatchingTest {

    private static Arguments row(Watching schedule, int number, boolean isRising) {
        return Arguments.of(schedule, number, isRising);
    }

    static Stream<Arguments> rows() {
        return Stream.of(
                row(new ReduceOnPlateau(new PlateauRule(0.5, 2, 1e-4, Mode.REL, 0), 0), 0, false),
                row(new ReduceOnPlateau(new PlateauRule(0.3, 1, 0.05, Mode.REL, 3), 1e-4), 1, false),
                row(new ReduceOnPlateau(new PlateauRule(0.7, 3, 0.02, Mode.ABS, 0), 0), 2, true),
                row(new Greedy(new PlateauRule(0.8, 2, 1e-6, Mode.ABS, 0), 1e-4, 0.02, 0, 0, 500), 0, false),
                row(new Greedy(new PlateauRule(0.6, 1, 0.01, Mode.REL, 2), 1e-3, 0.05, 3, 0, 3), 1, false),
                row(new Greedy(new PlateauRule(0.9, 1, 1e-6, Mode.ABS, 0), 1e-3, 0.1, 0, 5, 500), 2, true));
    }

    private static JsonNode golden() throws IOException {
        try (InputStream in = requireNonNull(WatchingTest.class.getResourceAsStream("plateau.json"))) {
            return new JsonMapper().readTree(in.readAllBytes());
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void every_rate_is_theirs(Watching schedule, int number, boolean isRising) throws IOException {
        JsonNode golden = golden();
        JsonNode one = golden.path("cases").path(schedule.name()).path(number);
        Watching.Watcher watcher = schedule.watch(one.path("lr").asDouble(), isRising);
        List<JsonNode> values = golden.path("values").valueStream().toList();
        List<JsonNode> rates = one.path("rates").valueStream().toList();
        assertThat(rates).hasSize(values.size()).hasSizeGreaterThan(50);
        for (int i = 0; i < rates.size(); i++) {
            watcher.see(values.get(i).asDouble());
            double expected = rates.get(i).asDouble();
            assertThat(watcher.lr()).as("after evaluation " + i).isEqualTo(expected, within(1e-14));
        }
        assertThat(rates.stream().distinct().count()).isGreaterThan(4);
    }

    @Test
    void what_has_no_effect_or_no_sense_is_refused() {
        refused(ReduceOnPlateau.defaults(), 3, "--warmup: reduce-on-plateau has none, expected 0");
        refused(
                new ReduceOnPlateau(ReduceOnPlateau.defaults().rule(), 0.2),
                0,
                "min-lr: 0.2, expected below --lr, which is 0.1");
        refused(
                new Greedy(Greedy.defaults().rule(), null, 0.05, 0, 0, 500),
                0,
                "max-lr: 0.05, expected above --lr, which is 0.1");
    }

    private static void refused(Schedule schedule, int warmup, String message) {
        assertThatThrownBy(() -> new Rate(0.1, schedule, warmup).requireUse(40)).hasMessage(message);
    }
}
