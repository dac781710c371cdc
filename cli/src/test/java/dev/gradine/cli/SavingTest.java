package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What stands in the way of saving, or was saved for another model, is one line, and nothing is half written.
class SavingTest {

    private final Path combined = Golden.golden("combine");

    @TempDir
    private Path temp = Path.of("");

    private Object[] sft(Path model, Object... more) {
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 8, 8, 1);
        List<Object> all = new ArrayList<>(List.of("sft", "--model", model, "--out", temp.resolve("run")));
        all.addAll(List.of(
                "--data", temp.resolve("data.jsonl"), "--samples", 0, "--targets", "q_proj", "--save-every", 0));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    private Object[] combine() {
        return new Object[] {
            "adapters",
            "combine",
            "--model",
            combined.resolve("base"),
            "--adapter",
            "a=" + combined.resolve("a"),
            "--adapter",
            "b=" + combined.resolve("b"),
            "--weights",
            "1,1",
            "--out",
            temp.resolve("made")
        };
    }

    @Test
    void a_second_run_into_one_folder_is_refused_until_the_first_is_gone() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path run = temp.resolve("run");
        try (Child first = Child.start(temp, sft(model, "--steps", 30_000))) {
            first.awaitLines(run.resolve("metrics.jsonl"), 2);
            Cli.run(sft(model, "--steps", 2)).refuses(run + ": the folder is not empty, expected a new or empty one");
            Cli second = Cli.run(sft(model, "--steps", 2, "--resume"));
            assertThat(second.code()).isEqualTo(2);
            assertThat(second.err())
                    .endsWith("gradine: %s: another run is writing there, expected a folder of its own for each\n"
                            .formatted(run));
            first.kill();
        }
        assertThat(Values.metrics(run)).hasSizeGreaterThan(2); // the second has not touched it
        Cli.run(sft(model, "--steps", 2, "--resume")).ok();
        assertThat(Values.metrics(run)).hasSize(2);
        assertThat(Values.content(run))
                .containsExactlyInAnyOrder(
                        "adapter_config.json", "adapter_model.safetensors", "metrics.jsonl", "report.html", "run.json");
    }

    @Test
    void a_full_disk_leaves_no_combined_adapter() {
        try (Child child = Child.startWithFilesUpTo(1, temp, combine())) {
            assertThat(child.code()).isEqualTo(1);
            assertThat(child.err())
                    .endsWith("gradine: %s/adapter_model.safetensors: cannot be written: File too large\n"
                            .formatted(temp.resolve("made")));
        }
        assertThat(Values.content(temp)).containsExactlyInAnyOrder("stdout.txt", "stderr.txt");
    }

    /// Killed as soon as anything of it is on the disk.
    @Test
    void a_killed_combine_leaves_no_half_of_an_adapter() {
        Path made = temp.resolve("made");
        try (Child child = Child.start(temp, combine())) {
            child.await("something of it", () -> Values.content(temp).size() > 2);
            child.kill();
        }
        if (Files.exists(made)) Cli.run("adapters", "list", made).ok(); // it was faster
        else Cli.run(combine()).ok(); // what was left is in nobody's way
        assertThat(Values.content(made)).containsExactlyInAnyOrder("adapter_config.json", "adapter_model.safetensors");
    }

    private void refuses(String name, Path model, Path adapter, String message) {
        Path out = temp.resolve(name);
        Cli.run("merge", "--model", model, "--adapter", adapter, "--out", out).refuses(message);
        assertThat(out).doesNotExist();
    }

    @Test
    void an_adapter_of_another_model_is_named_by_what_does_not_fit() {
        Path adapter = Golden.golden("peft/lora/adapter");
        Path weights = adapter.resolve("adapter_model.safetensors");
        Path narrow = TinyModel.write(temp.resolve("narrow"));
        refuses(
                "x",
                narrow,
                adapter,
                weights
                        + ": base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight is [8, 64], expected"
                        + " [8, 16] (adapter_config.json and the model)");
        Path gpt2 = Golden.golden("models/gpt2");
        assertThat(Cli.run("merge", "--model", gpt2, "--adapter", adapter, "--out", temp.resolve("y"))
                        .err())
                .hasLineCount(1)
                .contains("q_proj");
    }

    @Test
    void an_adapter_with_a_value_that_is_no_number_is_refused() throws IOException {
        Path adapter = temp.resolve("adapter");
        Path good = Golden.golden("peft/lora/adapter");
        Files.createDirectory(adapter);
        Files.copy(good.resolve("adapter_config.json"), adapter.resolve("adapter_config.json"));
        Path file = adapter.resolve("adapter_model.safetensors");
        String name;
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            Safetensors was = Safetensors.open(good.resolve("adapter_model.safetensors"), arena);
            name = was.names().iterator().next();
            for (String n : was.names()) tensors.put(n, was.tensor(n));
            float[] values = was.tensor(name).toFloats();
            values[3] = Float.NaN;
            tensors.put(name, Tensor.of(arena, was.tensor(name).shape(), values));
            Safetensors.write(file, tensors);
        }
        refuses("x", Golden.golden("peft/base"), adapter, file + ": " + name + " has a value that is not finite");
    }
}
