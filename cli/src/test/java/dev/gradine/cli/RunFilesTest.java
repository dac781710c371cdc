package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a run prints and what it leaves in its folder.
class RunFilesTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path data = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
        data = TinyModel.text(
                temp.resolve("data.jsonl"),
                "{\"prompt\": \"1 + 1 = \", \"completion\": \"2\"}\n".repeat(9)
                        + "{\"prompt\": \"2 + 2 = \", \"completion\": \"4\"}\n");
    }

    @Test
    void without_a_terminal_progress_is_plain_lines_and_stdout_is_the_summary() {
        Path out = temp.resolve("run");
        Object[] args = {"sft", "--model", model, "--data", data, "--out", out, "--steps", 3, "--eval-split", 0.2};
        try (Child child = Child.start(temp, args)) {
            assertThat(child.code()).as(child.err()).isZero();
            String number = "-?[0-9.]+";
            assertThat(child.out().lines())
                    .anyMatch(line -> line.matches("eval_loss +" + number + " → " + number))
                    .anyMatch(line -> line.matches("trained +[0-9,]+ of [0-9,]+ parameters \\([0-9.]+ %\\)"))
                    .anyMatch(line -> line.matches("adapter +" + Pattern.quote(out.toString())))
                    .anyMatch(line -> line.matches("training loss +" + number + " → " + number))
                    .anyMatch(line -> line.startsWith("sample                     1 + 1 ="))
                    .anyMatch(line -> line.startsWith("  before  "))
                    .anyMatch(line -> line.startsWith("  after  "))
                    .hasSize(11);
            assertThat(child.err().lines())
                    .allMatch(line -> line.matches(
                                    "step [03]  eval_loss " + number + "  eval_mean_token_accuracy " + number)
                            || line.matches("sft [1-3]/3  loss %1$s  mean_token_accuracy %1$s  (0:\\d\\d left|done)"
                                            .formatted(number)
                                    + "  \\d+ tok/s  \\d+ MB")
                            || line.matches("gradine: data.jsonl: [28] rows, the longest has 10 tokens \\(row [18]\\)"))
                    .anyMatch(line -> line.startsWith("sft 3/3  loss "))
                    .hasSizeGreaterThanOrEqualTo(3);
            assertThat(child.err()).doesNotContain("\r", "\u001b");
        }
    }

    @Test
    void other_programs_print_nothing_of_their_own() {
        try (Child child = Child.start(
                temp, "generate", "--model", model, "--prompt", "Say", "--temperature", 0, "--max-tokens", 5)) {
            assertThat(child.code()).isZero();
            assertThat(child.err()).isEmpty();
            Cli here = Cli.run("generate", "--model", model, "--prompt", "Say", "--temperature", 0, "--max-tokens", 5);
            assertThat(child.out()).isEqualTo(here.out());
        }
    }

    @Test
    void a_finished_run_leaves_adapter_metrics_record_and_report() {
        Path out = temp.resolve("run");
        Cli.run(
                        "sft",
                        "--model",
                        model,
                        "--data",
                        data,
                        "--out",
                        out,
                        "--steps",
                        3,
                        "--eval-split",
                        0.2,
                        "--samples",
                        1)
                .ok();
        assertThat(Values.content(out))
                .containsExactly(
                        "adapter_config.json", "adapter_model.safetensors", "metrics.jsonl", "report.html", "run.json");
        Map<String, Object> run = Json.readObject(out.resolve("run.json"));
        assertThat(Json.line(run))
                .contains("\"finished\"")
                .contains("\"eval_loss\"")
                .contains("\"1 + 1 = \"")
                .contains("\"steps\":3");
        for (String when : List.of("launch.started", "end.finished")) {
            Map<?, ?> part = (Map<?, ?>) run.getOrDefault(when.replaceFirst("\\..*", ""), Map.of());
            String time = String.valueOf(part.get(when.replaceFirst(".*\\.", "")));
            assertThat(time).as(when).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(Z|[+-]\\d\\d:\\d\\d)");
            assertThat(Duration.between(OffsetDateTime.parse(time), OffsetDateTime.now(ZoneOffset.UTC))
                            .abs())
                    .isLessThan(Duration.ofMinutes(5));
        }
        assertThat(Values.text(out.resolve("report.html")))
                .startsWith("<!")
                .contains("eval_loss", "finished", "1 + 1 = ")
                .endsWith("</html>\n");
        assertThat(Values.metrics(out)).hasSize(3 + 2);
    }
}
