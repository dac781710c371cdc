package dev.gradine.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine forgetting` tells what training has cost elsewhere.
class ForgettingCommandTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path texts = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
        texts = TinyModel.text(
                temp.resolve("texts.jsonl"), "{\"text\":\"one two\"}\n{\"text\":\"abc\"}\n{\"text\":\"a b a b\"}\n");
    }

    private void train(String name, double lr) {
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 8, 12, 1);
        Cli.run("sft", "--model", model, "--data", data, "--out", temp.resolve(name), "--lr", lr, "--samples", 0)
                .ok();
    }

    @Test
    void each_adapter_and_whole_model_is_compared_with_the_model_before() {
        train("run", 0.05);
        Cli.run("merge", "--model", model, "--adapter", temp.resolve("run"), "--out", temp.resolve("merged"))
                .ok();
        Path task = TinyModel.text(temp.resolve("task.yaml"), """
                task: letters
                dataset_path: json
                dataset_kwargs: {data_files: {test: items.jsonl}}
                output_type: multiple_choice
                test_split: test
                doc_to_text: q
                doc_to_choice: c
                doc_to_target: a
                metric_list: [{metric: acc}]
                """);
        TinyModel.text(temp.resolve("items.jsonl"), "{\"q\":\"a\",\"c\":[\"b\",\"c\"],\"a\":0}\n".repeat(3));
        Path out = temp.resolve("out");
        Cli run = Cli.run(
                "forgetting",
                "--model",
                model,
                "--adapter",
                "a=" + temp.resolve("run"),
                "--trained",
                "whole=" + temp.resolve("merged"),
                "--text",
                texts,
                "--task",
                task,
                "--out",
                out);
        assertThat(run.ok().out()).startsWith("model  task     metric  items  before");
        Map<String, Object> changes = changes(out);
        Map<String, Object> adapter = loss(changes, "a");
        assertThat(adapter.get("items")).isEqualTo(3);
        double change = Values.number(adapter, "after") - Values.number(adapter, "before");
        Tolerance.loss().check("change", Values.number(adapter, "change"), change);
        assertThat(Math.abs(change)).isGreaterThan(0.01);
        Tolerance.loss()
                .times(10)
                .check("whole model", Values.number(loss(changes, "whole"), "after"), Values.number(adapter, "after"));
        assertThat(Values.text(out.resolve("report.html"))).contains("<h2>Forgetting</h2>", "letters");
        assertThat(Values.content(out)).containsExactly("a", "base", "forgetting.json", "report.html", "whole");
    }

    /// What `score` says of the same texts.
    @Test
    void the_loss_before_is_that_of_the_model_alone() {
        train("run", 0);
        Path out = temp.resolve("out");
        Cli.run("forgetting", "--model", model, "--adapter", "a=" + temp.resolve("run"), "--text", texts, "--out", out)
                .ok();
        Map<String, Object> changes = changes(out);
        Map<String, Object> same = loss(changes, "a");
        assertThat(Values.number(same, "change")).isZero();
        assertThat(Values.number(same, "change_stderr")).isZero();
        assertThat(Values.number(same, "before_stderr")).isPositive();
    }

    private static Map<String, Object> changes(Path out) {
        return object(
                requireNonNull(Json.readObject(out.resolve("forgetting.json")).get("changes")));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object json) {
        return (Map<String, Object>) json;
    }

    private static Map<String, Object> loss(Map<String, Object> changes, String name) {
        Map<String, Object> first = object(((List<?>) changes.getOrDefault(name, List.of())).getFirst());
        assertThat(first.get("metric")).isEqualTo("loss");
        return first;
    }

    @Test
    void what_is_missing_is_named() {
        Cli.run("forgetting", "--model", model, "--text", texts)
                .refuses("--adapter and --trained are missing, expected NAME=DIR of what was trained from --model");
        Cli.run("forgetting", "--model", model, "--text", texts, "--trained", "base=x")
                .refuses("--adapter, --trained: two are called base, expected one (base is --model)");
        Path rows = TinyModel.text(temp.resolve("rows.jsonl"), "{\"prompt\":\"a\"}\n");
        Cli.run("forgetting", "--model", model, "--trained", "a=x", "--text", rows)
                .refuses("rows.jsonl: row 1: has no column text, expected one (of texts whose loss is told)");
    }
}
