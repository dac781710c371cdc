package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--dashboard` on a training command.
class DashboardOptionTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
    }

    private Object[] args(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--samples", 0));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--out", temp.resolve(out), "--batch", 2));
        all.addAll(List.of("--rank", 4, "--steps", 6, "--schedule", "constant"));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void a_port_in_use_is_one_line_before_anything_is_written() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Cli.run(args("run", "--dashboard", taken.getLocalPort()))
                    .refuses("dashboard: port " + taken.getLocalPort()
                            + " of 127.0.0.1 is in use; give another, or none, and one that is free is taken");
        }
        assertThat(temp.resolve("run")).doesNotExist();
        Cli.run(args("run", "--dashboard", 65536)).refuses("dashboard: 65536, expected below 65536");
    }

    @Test
    void the_run_is_the_same_with_a_page_and_without() {
        Cli.run(args("plain")).ok();
        Cli watched = Cli.run(args("watched", "--dashboard")).ok();
        assertThat(watched.err()).containsPattern("gradine: dashboard: http://127\\.0\\.0\\.1:\\d+/[0-9a-f]{32}/\n");
        Path plain = temp.resolve("plain");
        Path other = temp.resolve("watched");
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(other.resolve(weights))).isEqualTo(Values.bytes(plain.resolve(weights)));
        assertThat(Values.timeless(other)).isEqualTo(Values.timeless(plain));
        assertThat(Values.content(plain)).doesNotContain("gradients.jsonl", "log.txt");
    }

    /// The squares of all layers add up to that of the whole, which clipping measures in another order.
    @Test
    void norms_by_layer_are_parts_of_the_norm_of_the_gradient() {
        Cli.run(args("run", "--dashboard", "--targets", "q_proj,down_proj,lm_head"))
                .ok();
        List<Map<String, Object>> layers = Values.jsonLines(temp.resolve("run/gradients.jsonl"));
        List<Map<String, Object>> metrics = Values.metrics(temp.resolve("run"));
        assertThat(layers).isNotEmpty();
        for (Map<String, Object> line : layers) {
            assertThat(line.keySet()).containsExactly("step", "layers.0", "layers.1", "lm_head");
            double squares = line.entrySet().stream()
                    .filter(e -> !e.getKey().equals("step"))
                    .mapToDouble(e -> Values.number(line, e.getKey()))
                    .map(n -> n * n)
                    .sum();
            double whole = metrics.stream()
                    .filter(m -> Values.number(m, "step") == Values.number(line, "step"))
                    .mapToDouble(m -> Values.number(m, "grad_norm"))
                    .findFirst()
                    .orElseThrow();
            new Tolerance(0, 1e-6, "sums of the same squares in f32, in another order")
                    .check("norm", Math.sqrt(squares), whole);
        }
    }

    @Test
    void the_tape_of_a_step_is_written_down_and_the_run_stays_the_same() {
        Cli.run(args("plain")).ok();
        assertThat(Cli.run(args("taped", "--tape", 3)).ok().err())
                .contains("step 3: its tape is in " + temp.resolve("taped/tape.json"));
        String weights = "adapter_model.safetensors";
        assertThat(Values.bytes(temp.resolve("taped").resolve(weights)))
                .isEqualTo(Values.bytes(temp.resolve("plain").resolve(weights)));
        Map<String, Object> tape = Json.readObject(temp.resolve("taped/tape.json"));
        assertThat(Values.number(tape, "step")).isEqualTo(3);
        List<?> ops = tape.get("ops") instanceof List<?> l ? l : List.of();
        assertThat(ops).hasSizeGreaterThan(20);
        assertThat(ops.toString())
                .contains("place=at model.layers.1.mlp.down_proj.weight", "op=Attention", "op=RmsNorm", "gradient=");
        for (Object op : ops) {
            if (!(op instanceof Map<?, ?> m)
                    || !(m.get("shape") instanceof List<?> dims)
                    || !(m.get("bytes") instanceof Number bytes)) {
                throw new AssertionError(op);
            }
            long values = dims.stream().mapToLong(d -> ((Number) d).longValue()).reduce(1, Math::multiplyExact);
            assertThat(bytes.longValue()).as(op.toString()).isIn(0L, 4 * values);
        }
    }

    @Test
    void a_step_is_written_down_from_a_checkpoint() {
        assertThat(Cli.run(args("run", "--max-hours", 1e-9)).code()).isEqualTo(130);
        assertThat(temp.resolve("run/tape.json")).doesNotExist();
        Cli.run(args("run", "--resume", "--tape")).ok();
        assertThat(Values.number(Json.readObject(temp.resolve("run/tape.json")), "step"))
                .isEqualTo(2);
    }

    @Test
    void what_a_run_tells_is_in_its_log() {
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 6);
        Cli run = Cli.run(
                        "dpo",
                        "--model",
                        temp.resolve("model"),
                        "--data",
                        temp.resolve("pairs.jsonl"),
                        "--out",
                        temp.resolve("dpo"),
                        "--steps",
                        2,
                        "--rank",
                        2,
                        "--samples",
                        0,
                        "--eval-split",
                        0.3,
                        "--dashboard")
                .ok();
        String start = "at the start policy and reference differ by at most 0 nats in a sequence of the first batch";
        assertThat(run.err()).contains(start);
        assertThat(Values.text(temp.resolve("dpo/log.txt"))).contains(start + "\n", "step 2  eval_loss");
    }

    @Test
    void a_run_that_goes_on_writes_no_step_twice_and_keeps_its_log() {
        assertThat(Cli.run(args("run", "--dashboard", "--max-hours", 1e-9)).code())
                .isEqualTo(130);
        Path norms = temp.resolve("run/gradients.jsonl");
        TinyModel.text(norms, Values.text(norms) + "{\"step\":2,\"layers.0\":1.0}\n{\"step\":3,\"la");
        Cli.run(args("run", "--dashboard", "--resume", "--eval-split", 0)).ok();
        List<Double> steps = Values.jsonLines(norms).stream()
                .map(l -> Values.number(l, "step"))
                .toList();
        assertThat(steps).isSorted().doesNotHaveDuplicates().startsWith(1.0);
        assertThat(Values.jsonLines(norms)).noneMatch(l -> !l.containsKey("layers.1"));
    }
}
