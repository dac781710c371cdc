package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An adapter PEFT wrote computes, merges and trains here as it does there.
class GoldenPeftTest {

    private static final String AFTER = "after3.";

    /// Later losses are those of trained parameters, and relative as a sum of logarithms is.
    private static final Tolerance LOSS = new Tolerance(1e-5, 1e-5, "two correct fp32 losses, relative beyond 1");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora",
                "lora-all-linear",
                "lora-patterns",
                "lora-one-layer",
                "lora-head-and-bias",
                "rslora",
                "lora-embedding",
                "dora",
                "dora-rslora",
                "dora-embedding",
                "ia3"
            })
    void scores_and_merges_as_peft_does(String name) {
        Path base = Golden.golden("peft/base");
        Path adapter = Golden.golden("peft/" + name + "/adapter");
        Path expected = adapter.resolveSibling("expected.safetensors");
        checkLogits(expected, "logits", "--model", base, "--adapter", adapter);
        Path merged = temp.resolve("merged");
        Cli.run("merge", "--model", base, "--adapter", adapter, "--out", merged).ok();
        boolean ofItsOwn = Values.floats(expected).containsKey("merged_logits");
        checkLogits(expected, ofItsOwn ? "merged_logits" : "logits", "--model", merged);
    }

    @Test
    void virtual_tokens_score_as_peft_does_and_are_not_merged() {
        Path base = Golden.golden("peft/base");
        Path adapter = Golden.golden("peft/prompt-tuning/adapter");
        checkLogits(adapter.resolveSibling("expected.safetensors"), "logits", "--model", base, "--adapter", adapter);
        Path merged = temp.resolve("merged");
        Cli.run("merge", "--model", base, "--adapter", adapter, "--out", merged)
                .refuses("adapter " + adapter + ": prompt-tuning on 1 module; 1 of 1 tensors used\n"
                        + "gradine: merge: prompt-tuning cannot be merged into the weights of a model;"
                        + " use the adapter beside it");
        assertThat(merged).doesNotExist();
    }

    private void checkLogits(Path expected, String tensor, Object... model) {
        Path out = temp.resolve(tensor + ".safetensors");
        List<Object> args = new ArrayList<>(List.of("score", "--ids", expected, "--out", out));
        args.addAll(Arrays.asList(model));
        Cli.run(args.toArray()).ok();
        double[] want = Values.doubles(Values.floats(expected, tensor));
        Teeth.bite(Values.floats(out, "logits"), got -> Tolerance.logits().check(tensor, got, want));
    }

    /// Without rslora: one of its gradients is 2e-9 where the largest is 0.07, less than either program rounds, and
    /// AdamW's first steps divide a gradient by its own size.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora",
                "lora-all-linear",
                "lora-patterns",
                "lora-one-layer",
                "lora-head-and-bias",
                "lora-embedding",
                "dora",
                "dora-rslora",
                "dora-embedding",
                "ia3",
                "prompt-tuning"
            })
    void three_steps_of_sft_are_those_of_pytorch(String name) {
        checkSteps(name, name, "--weight-decay", 0.01);
    }

    @Test
    void three_steps_of_lora_fa_are_those_of_peft() {
        checkSteps("lora", "lora-fa", "--optimizer", "lora-fa", "--weight-decay", 0.1);
    }

    /// From the rows to the factors: with a rate of 0 the file holds those of the beginning, twice, of opposite signs.
    @Test
    void lora_ga_begins_along_the_gradient_of_the_same_rows() {
        Path golden = Golden.golden("peft/lora-ga");
        List<Object> args = new ArrayList<>(List.of("sft", "--model", Golden.golden("peft/base"), "--lr", 0));
        args.addAll(List.of("--data", rows(golden.resolve("expected.safetensors")), "--out", temp.resolve("run")));
        args.addAll(List.of("--rank", 8, "--alpha", 16, "--targets", "q_proj,v_proj", "--steps", 1, "--batch", 2));
        args.addAll(List.of("--init-lora-weights", "lora_ga:batches=1"));
        Cli.run(args.toArray()).ok();
        Map<String, float[]> got = Values.floats(temp.resolve("run/adapter_model.safetensors"));
        Values.floats(golden.resolve("adapter/adapter_model.safetensors")).forEach((name, values) -> {
            float[] both = got.getOrDefault(name, new float[0]);
            boolean isA = name.contains("lora_A");
            float[] rows = isA ? both : transposed(both, 16);
            float[] want = isA ? values : transposed(values, 8);
            float[] first = turned(Arrays.copyOf(rows, want.length), want, want.length / 8);
            float largest = isA ? 0.4f : 0.002f;
            Teeth.bite(first, x -> Tolerance.gradient(largest).check(name, x, Values.doubles(want)));
        });
    }

    private static float[] transposed(float[] x, int columns) {
        float[] y = new float[x.length];
        int rows = x.length / columns;
        for (int i = 0; i < x.length; i++) y[i % columns * rows + i / columns] = x[i];
        return y;
    }

    /// Turns round the rows that point away from `other`: a singular pair has no sign of its own.
    private static float[] turned(float[] rows, float[] other, int width) {
        for (int from = 0; from < rows.length; from += width) {
            double dot = 0;
            for (int i = from; i < from + width; i++) dot += (double) rows[i] * other[i];
            for (int i = from; dot < 0 && i < from + width; i++) rows[i] = -rows[i];
        }
        return rows;
    }

    private void checkSteps(String start, String expected, Object... more) {
        Path folder = Golden.golden("peft/" + start);
        Path end = Golden.golden("peft/" + expected);
        Path out = temp.resolve("run");
        List<Object> args = new ArrayList<>(List.of("sft", "--model", Golden.golden("peft/base"), "--out", out));
        args.addAll(List.of("--data", rows(folder.resolve("expected.safetensors"))));
        args.addAll(List.of("--init-adapter", folder.resolve("adapter"), "--steps", 3, "--batch", 2, "--lr", 0.01));
        args.addAll(List.of("--schedule", "constant", "--clip", 0, "--no-shuffle"));
        args.addAll(Arrays.asList(more));
        Cli.run(args.toArray()).ok();
        checkLosses(Json.readObject(end.resolve("expected.json")).get("losses"), Values.metrics(out));
        checkParameters(end.resolve("expected.safetensors"), out.resolve("adapter_model.safetensors"));
    }

    private static void checkLosses(@Nullable Object expected, List<Map<String, Object>> metrics) {
        float[] losses = new float[metrics.size()];
        for (int i = 0; i < losses.length; i++) losses[i] = (float) Values.number(metrics.get(i), "loss");
        assertThat(losses).hasSize(3);
        if (!(expected instanceof List<?> all)) throw new AssertionError("losses are " + expected);
        double[] want = all.stream()
                .limit(3)
                .mapToDouble(x -> Double.parseDouble(String.valueOf(x)))
                .toArray();
        Teeth.bite(losses, got -> LOSS.check("loss", got, want));
    }

    private static void checkParameters(Path expected, Path adapter) {
        Map<String, float[]> got = Values.floats(adapter);
        Map<String, float[]> want = new LinkedHashMap<>();
        Values.floats(expected).forEach((name, values) -> {
            if (name.startsWith(AFTER)) want.put(stored(name.substring(AFTER.length())), values);
        });
        assertThat(got.keySet()).containsExactlyInAnyOrderElementsOf(want.keySet());
        want.forEach((name, values) -> Teeth.bite(
                got.getOrDefault(name, new float[0]), x -> Tolerance.trained().check(name, x, Values.doubles(values))));
    }

    /// As PEFT's file has it.
    private static String stored(String inMemory) {
        return inMemory.replace(".modules_to_save", "").replace("magnitude_vector.weight", "magnitude_vector");
    }

    /// The rows of `input_ids` and `labels` as a data set.
    private Path rows(Path expected) {
        int[] ids = Values.ints(expected, "input_ids");
        int[] labels = Values.ints(expected, "labels");
        int length = ids.length / 2;
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < ids.length; at += length) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("input_ids", Arrays.copyOfRange(ids, at, at + length));
            row.put("labels", Arrays.copyOfRange(labels, at, at + length));
            text.append(Json.line(row)).append('\n');
        }
        return TinyModel.text(temp.resolve("rows.jsonl"), text.toString());
    }
}
