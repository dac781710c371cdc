package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsLogTest {

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void name() {
        file = dir.resolve(MetricsLog.FILE);
    }

    /// Steps `from` to `to`, with an evaluation every second step.
    private static void train(MetricsLog log, long from, long to) {
        for (long n = from; n <= to; n++) {
            Map<String, Number> m = new LinkedHashMap<>();
            m.put("loss", 2.0 / n);
            m.put("learning_rate", 1e-4 * n);
            m.put("num_tokens", 1024 * n);
            log.write(n, m);
            if (n % 2 == 0) log.write(n, Map.of("eval_loss", 3.0 / n));
        }
    }

    @Test
    void a_line_is_the_step_and_then_the_metrics_in_the_order_given() throws IOException {
        try (MetricsLog log = MetricsLog.create(file)) {
            train(log, 2, 2);
        }
        assertThat(file).hasContent("""
                {"step":2,"loss":1.0,"learning_rate":2.0E-4,"num_tokens":2048}
                {"step":2,"eval_loss":1.5}
                """);
        assertThat(Files.readString(file)).endsWith("}\n");
    }

    @Test
    void a_line_is_in_the_file_when_write_returns() {
        try (MetricsLog log = MetricsLog.create(file)) {
            log.write(1, Map.of("loss", 0.1f));
            assertThat(file).hasContent("{\"step\":1,\"loss\":0.1}");
        }
    }

    @Test
    void read_gives_longs_and_doubles_as_they_were_written() {
        try (MetricsLog log = MetricsLog.create(file)) {
            log.write(1, Map.of("loss", 0.1 + 0.2));
            log.write(2, Map.of("num_tokens", 1L << 40));
        }
        assertThat(MetricsLog.read(file))
                .containsExactly(Map.of("step", 1L, "loss", 0.1 + 0.2), Map.of("step", 2L, "num_tokens", 1L << 40));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void refuses_what_json_cannot_hold_and_writes_nothing(double value) {
        try (MetricsLog log = MetricsLog.create(file)) {
            assertThatThrownBy(() -> log.write(12, Map.of("grad_norm", value)))
                    .isInstanceOf(RunFileException.class)
                    .hasMessage("metrics: grad_norm at step 12 is " + value
                            + ", expected a finite number (JSON has no other)");
        }
        assertThat(file).isEmptyFile();
    }

    @Test
    void refuses_a_negative_step_no_metric_and_a_second_step() {
        try (MetricsLog log = MetricsLog.create(file)) {
            assertThatThrownBy(() -> log.write(-1, Map.of("loss", 1))).hasMessage("metrics: step is -1, expected >= 0");
            assertThatThrownBy(() -> log.write(3, Map.of()))
                    .hasMessage("metrics: step 3 has none, expected at least one");
            assertThatThrownBy(() -> log.write(3, Map.of("step", 4)))
                    .hasMessage("metrics: name is step, expected any other (step comes first)");
        }
    }

    @Test
    void refuses_to_begin_over_an_earlier_run() throws IOException {
        Files.writeString(file, "{\"step\":1}\n");
        assertThatThrownBy(() -> MetricsLog.create(file))
                .hasMessage(file + ": exists, expected no metrics of an earlier run (resume it, or give another output"
                        + " folder)");
    }

    @Test
    void a_resumed_run_leaves_the_file_of_an_uninterrupted_one() throws IOException {
        Path whole = dir.resolve("whole.jsonl");
        try (MetricsLog log = MetricsLog.create(whole)) {
            train(log, 1, 9);
        }
        try (MetricsLog log = MetricsLog.create(file)) {
            train(log, 1, 7);
        }
        tear("{\"step\":8,\"lo");
        try (MetricsLog log = MetricsLog.resume(file, 4)) {
            train(log, 5, 9);
        }
        assertThat(file).hasSameBinaryContentAs(whole);
    }

    @Test
    void resume_from_any_torn_byte_equals_the_uninterrupted_run() throws IOException {
        Path whole = dir.resolve("whole.jsonl");
        try (MetricsLog log = MetricsLog.create(whole)) {
            train(log, 1, 4);
        }
        byte[] bytes = Files.readAllBytes(whole);
        int twoSteps = Files.readString(whole).indexOf("{\"step\":3");
        for (int cut = twoSteps; cut <= bytes.length; cut++) {
            Files.write(file, Arrays.copyOf(bytes, cut));
            try (MetricsLog log = MetricsLog.resume(file, 2)) {
                train(log, 3, 4);
            }
            assertThat(Files.readAllBytes(file)).as("cut at byte " + cut).isEqualTo(bytes);
        }
    }

    @Test
    void a_last_line_that_lacks_only_its_line_break_is_kept() throws IOException {
        Files.writeString(file, "{\"step\":1,\"loss\":2.0}\n{\"step\":2,\"loss\":1.0}");
        MetricsLog.resume(file, 2).close();
        assertThat(Files.readString(file)).isEqualTo("{\"step\":1,\"loss\":2.0}\n{\"step\":2,\"loss\":1.0}\n");
    }

    @Test
    void resume_leaves_no_other_file_behind() throws IOException {
        Files.writeString(file, "{\"step\":1}\n{\"step\":2}\n");
        MetricsLog.resume(file, 1).close();
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void read_leaves_out_a_torn_last_line_even_within_a_letter() throws IOException {
        byte[] torn = "{\"step\":2,\"é".getBytes(StandardCharsets.UTF_8);
        Files.writeString(file, "{\"step\":1}\n");
        Files.write(file, Arrays.copyOf(torn, torn.length - 1), StandardOpenOption.APPEND);
        assertThat(MetricsLog.read(file)).isEqualTo(List.of(Map.of("step", 1L)));
    }

    @Test
    void damage_elsewhere_is_an_error_with_its_line() throws IOException {
        Files.writeString(file, "{\"step\":1}\n{\"step\":2,\"lo\n{\"step\":3}\n");
        assertThatThrownBy(() -> MetricsLog.read(file))
                .isInstanceOf(RunFileException.class)
                .hasMessageStartingWith(file + ": line 2: ");
        Files.writeString(file, "{\"step\":1}\n{\"loss\":2}\n");
        assertThatThrownBy(() -> MetricsLog.read(file))
                .hasMessage(file + ": line 2: step is null, expected a whole number");
        Files.writeString(file, "null\n");
        assertThatThrownBy(() -> MetricsLog.read(file)).hasMessage(file + ": line 1: no object, expected one a line");
        Files.writeString(file, "{\"step\":1,\"step\":2}\n");
        assertThatThrownBy(() -> MetricsLog.read(file)).hasMessageStartingWith(file + ": line 1: Duplicate");
    }

    @Test
    void an_absent_file_is_said_to_be_absent() {
        assertThatThrownBy(() -> MetricsLog.resume(file, 3))
                .hasMessage(file + ": is absent, expected the metrics of a run");
    }

    private void tear(String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.APPEND);
    }
}
