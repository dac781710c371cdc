package dev.gradine.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bench` prints a table and appends the same figures to a file.
class BenchCommandTest {

    @TempDir
    private Path temp = Path.of("");

    @Test
    void a_table_is_printed_and_its_figures_are_appended() throws IOException {
        Path file = temp.resolve("figures.jsonl");
        Files.writeString(file, "{}\n");
        Cli run = Cli.run("bench", "--only", "1024×576·16ᵀ$", "--seconds", 0.1, "--out", file)
                .ok();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.get(1)).matches("work +best +median +of peak");
        assertThat(lines.get(2)).matches("multiply-adds in registers: the peak +[\\d.]+ +[\\d.]+ GFLOP/s +100.0 %");
        assertThat(lines)
                .filteredOn(l -> l.startsWith("gemm nt f32 1024×576·16ᵀ "))
                .hasSize(1);
        assertThat(lines).noneMatch(l -> l.contains("512") && l.startsWith("gemm"));
        assertThat(lines.getLast()).isEqualTo("appended to " + file);

        List<String> written = Files.readAllLines(file);
        assertThat(written).hasSize(2);
        Map<String, Object> json = Json.parseObject("line", written.getLast().getBytes(UTF_8));
        assertThat(json).containsKeys("time", "cpu", "vector_bits", "threads", "java", "peak_memory_mb");
        assertThat(json).doesNotContainKey("peer");
        assertThat((List<?>) json.get("rows"))
                .anySatisfy(row -> assertThat((Map<?, ?>) row)
                        .extracting("work", "unit")
                        .containsExactly("gemm nt f32 1024×576·16ᵀ", "GFLOP/s"));
    }

    @Test
    void a_model_is_measured_and_its_step_profiled() throws IOException {
        Path config = TinyModel.write(temp.resolve("model")).resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 256"));
        String out = Cli.run(
                        "bench",
                        "--model",
                        temp.resolve("model"),
                        "--only",
                        "sft step .* 4×256",
                        "--seconds",
                        0.1,
                        "--profile")
                .ok()
                .out();
        assertThat(out).containsPattern("(?m)^lora sft step r16 all-linear 4×256 +[\\d.]+ +[\\d.]+ tokens/s");
        assertThat(out)
                .containsPattern("(?m)^a step's time, mean of \\d+ steps")
                .contains("between kernels");
        assertThat(out).doesNotContain("prefill").doesNotContain("dpo").doesNotContain("appended");
    }

    @Test
    void mistakes_are_told_in_one_line() {
        Cli.run("bench", "--peer")
                .refuses("--peer: no peer on the class path, expected one as ./gradine bench --peer puts it there");
        Cli.run("bench", "--only", "gemm(")
                .refuses("--only: \"gemm(\", expected a regular expression (Unclosed group)");
        Cli.run("bench", "--seconds", "-1").refuses("--seconds: -1.0, expected a finite number of at least 0");
        Cli.run("bench", "--threads", "1")
                .refuses("Unknown option: '--threads'; there is none like it here: all cores are used, or"
                        + " as many as the process is given (see gradine bench --help)");
        Cli nothing = Cli.run("bench", "--only", "nothing");
        assertThat(nothing.code()).isEqualTo(2);
        assertThat(nothing.err()).isEqualTo("gradine: --only: \"nothing\" is found in no work\n");
        Cli unreadable =
                Cli.run("bench", "--only", "add", "--seconds", 0.01, "--out", temp.resolve("none/figures.jsonl"));
        assertThat(unreadable.code()).isEqualTo(2);
        assertThat(unreadable.err())
                .isEqualTo("gradine: " + temp.resolve("none/figures.jsonl") + ": no such file or folder\n");
    }
}
