package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `gradine score` of a classifier.
class LabelScoreTest {

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"llama-score", "bert", "modernbert", "roberta", "xlm-roberta", "distilbert"})
    void logits_of_padded_tokens_are_the_references(String name) {
        Path folder = Golden.golden("classify/" + name);
        assertGolden(folder, "logits");
        assertGolden(folder, "lora_logits", "--adapter", folder.resolve("adapter"));
    }

    private void assertGolden(Path folder, String golden, Object... more) {
        Path expected = folder.resolve("expected.safetensors");
        Path out = temp.resolve(golden);
        Object[] args = {"score", "--model", folder, "--ids", expected, "--out", out};
        Cli.run(Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray())
                .ok();
        double[] values = Values.doubles(Values.floats(expected, golden));
        Teeth.bite(Values.floats(out, "logits"), z -> Tolerance.logits().check(golden, z, values));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-score", "bert", "modernbert", "roberta", "xlm-roberta", "distilbert"})
    void padding_is_known_without_a_mask(String name) {
        Path folder = Golden.golden("classify/" + name);
        Path ids = temp.resolve("ids.safetensors");
        try (Arena arena = Arena.ofShared()) {
            Safetensors all = Safetensors.open(folder.resolve("expected.safetensors"), arena);
            Map<String, Tensor> kept = new LinkedHashMap<>();
            for (String tensor : List.of("input_ids", "token_type_ids")) {
                if (all.names().contains(tensor)) kept.put(tensor, all.tensor(tensor));
            }
            Safetensors.write(ids, kept);
        }
        Path out = temp.resolve("out");
        Cli.run("score", "--model", folder, "--ids", ids, "--out", out).ok();
        double[] golden = Values.doubles(Values.floats(folder.resolve("expected.safetensors"), "logits"));
        Tolerance.logits().check("logits", Values.floats(out, "logits"), golden);
    }

    @Test
    void a_text_has_a_probability_of_each_label() {
        Path model = labelled("yes", "no");
        List<String> lines = Cli.run("score", "--model", model, "--text", "Hello")
                .ok()
                .out()
                .lines()
                .toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).endsWith("  yes");
        assertThat(lines.getLast()).endsWith("  no");
        double[] p = lines.stream().mapToDouble(l -> number(l, 0)).toArray();
        double[] z = lines.stream().mapToDouble(l -> number(l, 10)).toArray();
        double expected = 1 / (1 + Math.exp(z[1] - z[0]));
        Tolerance printed = new Tolerance(2e-4, 0, "four digits");
        printed.check("p", p[0], expected);
        printed.check("sum", p[0] + p[1], 1);
    }

    @Test
    void two_texts_are_read_together_with_the_types_of_their_tokens() {
        Path model = TinyEncoder.write(temp.resolve("bert"));
        String together = Cli.run("score", "--model", model, "--text", "so good", "--text-pair", "not bad")
                .ok()
                .out();
        int[] ids = {256, 62, 53, 258, 61, 54, 258};
        Path typed = tokens("typed", Map.of("input_ids", ids, "token_type_ids", new int[] {0, 0, 0, 0, 1, 1, 1}));
        float[] z = logits(model, typed);
        double[] printed = together.lines().mapToDouble(l -> number(l, 10)).toArray();
        new Tolerance(1e-4, 0, "four digits").check("logits", z, printed);
        assertThat(z).isNotEqualTo(logits(model, tokens("plain", Map.of("input_ids", ids))));
    }

    private float[] logits(Path model, Path ids) {
        Path out = temp.resolve(ids.getFileName() + ".out");
        Cli.run("score", "--model", model, "--ids", ids, "--out", out).ok();
        return Values.floats(out, "logits");
    }

    private Path tokens(String name, Map<String, int[]> rows) {
        Path file = temp.resolve(name);
        try (Arena arena = Arena.ofShared()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            rows.forEach((n, row) -> {
                var data = arena.allocate(8L * row.length, Tensor.ALIGNMENT);
                for (int i = 0; i < row.length; i++) data.setAtIndex(ValueLayout.JAVA_LONG, i, row[i]);
                tensors.put(n, new Tensor(data, DType.I64, Shape.of(1, row.length)));
            });
            Safetensors.write(file, tensors);
        }
        return file;
    }

    @Test
    void a_second_text_needs_a_first_and_a_classifier() {
        Path model = TinyEncoder.write(temp.resolve("bert"));
        Cli.run("score", "--model", model, "--ids", temp.resolve("x"), "--text-pair", "b")
                .refuses("--text-pair is given without --text, expected both");
        Path words = TinyModel.write(temp.resolve("words"));
        Cli.run("score", "--model", words, "--text", "a", "--text-pair", "b")
                .refuses("--text-pair: llama writes words, expected a classifier");
    }

    /// The number that stands in ten columns.
    private static double number(String line, int from) {
        return Double.parseDouble(line.substring(from, from + 10).strip());
    }

    @Test
    void the_head_that_an_adapter_brings_is_used() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 8);
        Path run = temp.resolve("run");
        Cli.run(
                        "reward",
                        "--model",
                        temp.resolve("model"),
                        "--data",
                        temp.resolve("pairs.jsonl"),
                        "--out",
                        run,
                        "--steps",
                        2,
                        "--rank",
                        2)
                .ok();
        Cli scored = Cli.run("score", "--model", temp.resolve("model"), "--adapter", run, "--text", "Hello")
                .ok();
        assertThat(scored.out()).endsWith("  score\n").hasLineCount(1);
    }

    @Test
    void a_head_of_another_number_of_labels_is_refused() {
        Path model = labelled("one");
        Cli.run("score", "--model", model, "--text", "Hello")
                .refuses(model.resolve("model.safetensors")
                        + ": score.weight: shape is [2, 16], expected [1, 16] (as many as its config has labels)");
    }

    /// A model of two labels, whose configuration names these.
    private Path labelled(String... names) {
        Path folder = TinyModel.scorer(temp.resolve("labelled"), false);
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(folder.resolve("config.json")));
        Map<String, Object> byId = new LinkedHashMap<>();
        for (String name : names) byId.put(String.valueOf(byId.size()), name);
        config.put("architectures", List.of("LlamaForSequenceClassification"));
        config.put("id2label", byId);
        Json.write(folder.resolve("config.json"), config);
        Path file = folder.resolve("model.safetensors");
        try (Arena arena = Arena.ofShared()) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            Safetensors stored = Safetensors.open(file, arena);
            for (String name : stored.names()) all.put(name, stored.tensor(name));
            float[] head = new float[2 * TinyModel.DIM];
            for (int i = 0; i < head.length; i++) head[i] = (i * 7 % 11 - 5) / 10f;
            all.put("score.weight", Tensor.of(arena, Shape.of(2, TinyModel.DIM), head));
            Safetensors.write(file, all);
        }
        return folder;
    }
}
