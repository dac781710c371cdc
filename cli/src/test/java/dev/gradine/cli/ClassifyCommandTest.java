package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `gradine classify`: steps of transformers and PEFT, and what becomes of labels.
class ClassifyCommandTest {

    private static final Tolerance NORM = new Tolerance(0, 1e-4, "two correct fp32 gradients");

    @TempDir
    private Path temp = Path.of("");

    /// Texts with the tokens around them, cut at the end, the longer one of two; five steps of AdamW.
    @ParameterizedTest
    @CsvSource({
        "bert, 20, loss accuracy f1",
        "pair, 20, loss accuracy f1",
        "llama, 32, loss accuracy f1",
        "number, 32, loss mean_error"
    })
    void five_steps_are_those_of_transformers(String name, int length, String metrics) {
        Path folder = Golden.golden("classify-steps/" + name);
        Path out = classify(
                List.of("bert", "pair").contains(name) ? bert() : Golden.golden("trl/base"),
                folder.resolve("data.jsonl"),
                args(name, "--init-adapter", folder.resolve("start"), "--max-length", length));
        List<Map<String, Object>> want = Values.jsonLines(folder.resolve("steps.jsonl"));
        List<Map<String, Object>> got = Values.metrics(out);
        assertThat(got).hasSize(5);
        for (String metric : metrics.split(" ", -1))
            compare(metric, got, want, new Tolerance(1e-5, 1e-5, "fp32 losses"));
        compare("grad_norm", got, want, NORM);
        GoldenTrlTest.checkAdapter(
                folder.resolve("end/adapter_model.safetensors"), out.resolve("adapter_model.safetensors"));
    }

    private static Object[] args(String name, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(more));
        all.addAll(List.of("--steps", 5, "--batch", 4, "--lr", 0.005, "--schedule", "constant", "--clip", 1));
        all.addAll(List.of("--weight-decay", 0, "--no-shuffle"));
        if (name.equals("number")) all.addAll(List.of("--num-labels", 1));
        return all.toArray();
    }

    private static void compare(
            String metric, List<Map<String, Object>> got, List<Map<String, Object>> want, Tolerance t) {
        float[] values = new float[got.size()];
        double[] expected = new double[want.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Values.number(got.get(i), metric);
            expected[i] = Values.number(want.get(i), metric);
        }
        Teeth.bite(values, x -> t.check(metric, x, expected));
    }

    private Path bert() {
        return TinyEncoder.write(temp.resolve("bert"));
    }

    private Path classify(Path model, Path data, Object... more) {
        Path out = temp.resolve("run-" + Values.content(temp).size());
        List<Object> all = new ArrayList<>(List.of("classify", "--model", model, "--data", data, "--out", out));
        all.addAll(Arrays.asList(more));
        Cli.run(all.toArray()).ok();
        return out;
    }

    private Path rows(String... labels) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            String label = labels[i % labels.length];
            text.append("{\"text\": \"the film was %s\", \"label\": \"%s\"}\n".formatted("so ".repeat(i % 3), label));
        }
        return TinyModel.text(temp.resolve("rows-" + labels[0] + ".jsonl"), text.toString());
    }

    @Test
    void a_head_is_saved_with_the_names_of_its_labels_and_read_again() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path out = classify(model, rows("dull", "fine"), "--steps", 2, "--rank", 2, "--eval-split", 0.25);
        assertThat(Values.floats(out.resolve("adapter_model.safetensors")).get("base_model.model.score.weight"))
                .hasSize(2 * TinyModel.DIM);
        Map<String, Object> config = Json.readObject(out.resolve("config.json"));
        assertThat(config)
                .containsEntry("architectures", List.of("LlamaForSequenceClassification"))
                .containsEntry("id2label", Map.of("0", "dull", "1", "fine"))
                .containsEntry("problem_type", "single_label_classification");
        assertThat(Values.text(out.resolve("adapter_config.json"))).contains("\"task_type\": \"SEQ_CLS\"");
        assertThat(Cli.run("score", "--model", model, "--adapter", out, "--text", "so")
                        .ok()
                        .out())
                .contains("  dull\n", "  fine\n");
        Cli.run("export", "--model", model, "--adapter", out, "--to", "gguf", "--out", temp.resolve("m.gguf"))
                .refuses(
                        ("--adapter: %s has a head for labels (2), expected a language model's (what takes those has no"
                                        + " place for it; gradine merge writes a folder that has)")
                                .formatted(out));
        Path more = classify(model, rows("fine", "dull"), "--steps", 1, "--init-adapter", out);
        assertThat(Json.readObject(more.resolve("config.json")).get("id2label")).isEqualTo(config.get("id2label"));
        Cli.run(
                        "classify",
                        "--model",
                        model,
                        "--data",
                        rows("good", "dull"),
                        "--init-adapter",
                        out,
                        "--out",
                        temp.resolve("x"))
                .refuses("labels: the rows have [dull, good], expected some of [dull, fine] (those of the adapter)");
    }

    @Test
    void an_encoder_without_a_head_is_given_one() {
        Path model = TinyEncoder.headless(temp.resolve("bert"));
        Cli.run("score", "--model", model, "--text", "good")
                .refuses(model + ": has no head for labels, expected one (such as `gradine classify` trains)");
        Path out = classify(model, rows("dull", "fine", "good", "bad"), "--steps", 2, "--targets", "query,value");
        Map<String, float[]> saved = Values.floats(out.resolve("adapter_model.safetensors"));
        assertThat(saved.get("base_model.model.classifier.weight")).hasSize(4 * 32);
        assertThat(Cli.run("score", "--model", model, "--adapter", out, "--text", "good")
                        .ok()
                        .out())
                .hasLineCount(4)
                .contains("  bad\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "bert"})
    void a_merged_classifier_says_what_it_said_with_its_adapter(String family) {
        Path model =
                family.equals("bert") ? TinyEncoder.headless(temp.resolve("m")) : TinyModel.write(temp.resolve("m"));
        Path out = classify(model, rows("dull", "fine", "good"), "--steps", 3, "--lr", 0.05, "--targets", "all-linear");
        Path merged = temp.resolve("merged");
        Cli.run("merge", "--model", model, "--adapter", out, "--out", merged).ok();
        String adapted = Cli.run("score", "--model", model, "--adapter", out, "--text", "so good")
                .ok()
                .out();
        assertThat(Cli.run("score", "--model", merged, "--text", "so good").ok().out())
                .isEqualTo(adapted);
        assertThat(Values.floats(merged.resolve("model.safetensors")).keySet())
                .anyMatch(n -> n.equals("score.weight") || n.equals("classifier.weight"))
                .noneMatch(n -> n.equals("lm_head.weight"));
        assertThat(Json.readObject(merged.resolve("config.json")))
                .containsEntry("id2label", Map.of("0", "dull", "1", "fine", "2", "good"));
    }
}
