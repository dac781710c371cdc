package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs that learn from several files, and replay what was learnt before.
class MixtureTest {

    private static final String WEIGHTS = "adapter_model.safetensors";

    @TempDir
    private Path temp = Path.of("");

    private Path a = Path.of("");
    private Path b = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        a = TinyModel.tokenRows(temp.resolve("a.jsonl"), 9, 12, 1);
        b = TinyModel.tokenRows(temp.resolve("b.jsonl"), 4, 12, 2);
    }

    private Object[] args(String command, Path out, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", temp.resolve("model"), "--out", out));
        all.addAll(List.of("--rank", 4, "--lr", 0.01, "--schedule", "constant", "--samples", 0));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private Path trained(String command, String name, Object... more) {
        Path out = temp.resolve(name);
        Cli.run(args(command, out, more)).ok();
        return out;
    }

    /// Rows have as many tokens each, so that losses weigh as rows do.
    @Test
    void the_loss_of_a_step_is_that_of_each_source_by_its_rows() {
        Path out = trained("sft", "out", "--data", a, b, "--data-weights", "3,1", "--batch", 4, "--steps", 5);
        for (Map<String, Object> step : Values.metrics(out)) {
            double parts = 3 * Values.number(step, "loss/a") + Values.number(step, "loss/b");
            Tolerance.loss().check("loss of step " + step.get("step"), Values.number(step, "loss"), parts / 4);
        }
        assertThat(Values.text(out.resolve("report.html"))).contains("a.jsonl, b.jsonl");
    }

    @Test
    void without_weights_an_epoch_has_every_row_of_every_file() {
        Path out = temp.resolve("out");
        Cli run = Cli.run(args("sft", out, "--data", a, b, "--batch", 13, "--eval-split", 0.25))
                .ok();
        assertThat(run.err()).contains("gradine: each step has 13 rows: a 70.0 %, b 30.0 %");
        Map<String, Object> before = Values.metrics(out).getFirst();
        double parts = 2 * Values.number(before, "eval_loss/a") + Values.number(before, "eval_loss/b");
        Tolerance.loss().check("evaluation before", Values.number(before, "eval_loss"), parts / 3);
        assertThat(Values.metrics(out)).hasSize(3); // before, one step, after
    }

    @Test
    void temperature_evens_files_out() {
        Path out = temp.resolve("out");
        Cli run = Cli.run(args("sft", out, "--data", a, "--data", b, "--data-temperature", 2, "--steps", 5));
        assertThat(run.ok().err()).contains("each step has 4 rows: a 60.0 %, b 40.0 %"); // √9 : √4
    }

    /// The gradient of a step is the sum of both, each computed in a run of its own.
    @Test
    void replayed_texts_add_their_weighted_loss_to_that_of_pairs() {
        Path pairs = TinyModel.pairs(temp.resolve("pairs.jsonl"), 3);
        Path text = TinyModel.text(temp.resolve("text.jsonl"), "{\"text\":\"one, two, three\"}\n");
        Object[] plain = {"--steps", 1, "--optimizer", "sgd", "--clip", 0, "--max-length", 64};
        Path dpo = trained("dpo", "dpo", join(plain, "--data", pairs, "--batch", 3));
        Path sft = trained("sft", "sft", join(plain, "--data", text, "--batch", 1));
        Path both = trained(
                "dpo",
                "both",
                join(plain, "--data", pairs, "--replay", text, "--replay-share", 0.25, "--replay-weight", 0.5));
        Map<String, float[]> ofPairs = Values.floats(dpo.resolve(WEIGHTS));
        Map<String, float[]> ofText = Values.floats(sft.resolve(WEIGHTS));
        double most = 0;
        for (var e : Values.floats(both.resolve(WEIGHTS)).entrySet()) {
            if (!e.getKey().contains("lora_B")) continue; // A does not move while B is 0
            float[] p = ofPairs.getOrDefault(e.getKey(), new float[0]);
            float[] t = ofText.getOrDefault(e.getKey(), new float[0]);
            double[] sum = new double[p.length];
            for (int i = 0; i < sum.length; i++) {
                sum[i] = p[i] + 0.5 * t[i];
                most = Math.max(most, Math.abs(t[i]));
            }
            Tolerance.gradient(0.01).check(e.getKey(), e.getValue(), sum);
        }
        assertThat(most).isGreaterThan(1e-3); // a weight forgotten would be seen
        Map<String, Object> step = Values.metrics(both).getFirst();
        Tolerance.loss().check("loss of pairs", Values.number(step, "loss"), Math.log(2));
        double alone = Values.number(Values.metrics(sft).getFirst(), "loss");
        Tolerance.loss().check("loss of the text", Values.number(step, "loss/replay"), alone);
    }

    private static Object[] join(Object[] some, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(some));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void a_run_with_replay_that_stops_after_every_step_ends_with_the_same_bytes() {
        Path pairs = TinyModel.pairs(temp.resolve("pairs.jsonl"), 5);
        Path text = TinyModel.text(temp.resolve("text.jsonl"), "{\"text\":\"one\"}\n{\"text\":\"two\"}\n".repeat(2));
        Object[] how = {"--data", pairs, "--replay", text, "--replay-share", 0.3, "--batch", 2, "--accumulate", 2};
        how = join(how, "--steps", 6, "--dropout", 0.2, "--eval-split", 0.25, "--max-length", 64);
        Path whole = trained("dpo", "whole", how);
        Path out = temp.resolve("out");
        Object[] stopping = args("dpo", out, join(how, "--max-hours", 1e-9, "--resume", "auto"));
        for (int i = 1; i < 6; i++) assertThat(Cli.run(stopping).code()).isEqualTo(130);
        Cli.run(stopping).ok();
        assertThat(Values.bytes(out.resolve(WEIGHTS))).isEqualTo(Values.bytes(whole.resolve(WEIGHTS)));
        assertThat(Values.timeless(out)).isEqualTo(Values.timeless(whole));
    }

    @Test
    void a_run_that_resumes_must_find_what_it_replayed() {
        Path out = temp.resolve("out");
        Object[] how = args("sft", out, "--data", a, "--replay", b, "--steps", 6, "--max-hours", 1e-9);
        assertThat(Cli.run(how).code()).isEqualTo(130);
        TinyModel.tokenRows(b, 4, 12, 3);
        Cli again = Cli.run(join(how, "--resume"));
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("content of the data is ").contains(" as in the run it resumes");
    }

    /// Each source samples answers to prompts of its own.
    @Test
    void prompts_of_several_files_are_answered() {
        Path one = TinyModel.text(temp.resolve("one.jsonl"), "{\"prompt\":\"ab\"}\n{\"prompt\":\"b\"}\n");
        Path two = TinyModel.text(temp.resolve("two.jsonl"), "{\"prompt\":\"ba\"}\n");
        Object[] how = {"--reward", "length:4", "--group", 2, "--max-completion", 4, "--batch", 4, "--steps", 3};
        Path out = trained("grpo", "out", join(how, "--data", one, two, "--data-weights", "1,1", "--iterations", 2));
        assertThat(Values.metrics(out)).allMatch(row -> row.containsKey("reward/one"));
    }

    @Test
    void shares_without_effect_are_refused() {
        refused(
                "--data-weights: 3 are given, expected 2 (one for each file of --data)",
                "--data",
                a,
                b,
                "--data-weights",
                "3,1,1");
        refused("--data-weights does nothing for one file of --data", "--data", a, "--data-weights", "1");
        refused("--data-temperature does nothing for one file of --data", "--data", a, "--data-temperature", 2);
        refused("--replay-share and --replay-weight do nothing without --replay", "--data", a, "--replay-share", 0.1);
        refused("--replay-share: 1.0, expected above 0 and below 1", "--data", a, "--replay", b, "--replay-share", 1);
        refused(
                "--group-by-length: rows come from 2 files, expected one (each step has its share of each file)",
                "--data",
                a,
                b,
                "--group-by-length");
        refused(
                "replay: 2 steps of 4 rows have none of a share of 0.05, expected more",
                "--data",
                a,
                "--replay",
                b,
                "--steps",
                2);
        refused(
                "--replay-weight: has no effect, for the replayed rows are learnt as the others are",
                "--data",
                a,
                "--replay",
                b,
                "--replay-weight",
                2);
    }

    private void refused(String message, Object... more) {
        Cli run = Cli.run(args("sft", temp.resolve("out"), more));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).endsWith("gradine: " + message + "\n");
        assertThat(temp.resolve("out").resolve("metrics.jsonl")).doesNotExist();
    }

    @Test
    void a_config_file_may_name_several_files() {
        Path config = temp.resolve("run.yaml");
        Json.write(config, Map.of("data", List.of(a.toString(), b.toString()), "data-weights", List.of(1, 1)));
        Path out = trained("sft", "out", "--config", config, "--steps", 2);
        assertThat(Values.metrics(out)).allMatch(row -> row.containsKey("loss/b"));
    }
}
