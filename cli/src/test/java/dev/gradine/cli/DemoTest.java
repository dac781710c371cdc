package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cli.demo.MergeCheck;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuDevice;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A short demo goes through all its stages, and what it prints is what came out of them.
class DemoTest {

    private static final Demo.Plan SHORT = new Demo.Plan(32, 3, 8, 4, 12);
    private static final int[] IDS = {1, 403, 407, 261, 378, 401, 266, 300, 312};

    @TempDir
    private static Path folder = Path.of("");

    private static String printed = "";
    private static int code;

    @BeforeAll
    static void run() {
        StringWriter text = new StringWriter();
        code = demo(folder.resolve("demo"), text);
        printed = text.toString();
    }

    private static int demo(Path out, StringWriter text) {
        PrintWriter err = new PrintWriter(new StringWriter());
        return new Demo(SHORT, out, 42, new CpuDevice(), new PrintWriter(text), err).run();
    }

    private static Path at(String name) {
        return folder.resolve("demo").resolve(name);
    }

    @Test
    void every_stage_leaves_its_files() {
        assertThat(code).isZero();
        for (String file : new String[] {
            "sft/report.html", "sft/adapter_model.safetensors", "dpo/report.html", "dpo/adapter_model.safetensors",
            "data/pairs.jsonl", "data/held-pairs.jsonl", "merged/model.safetensors", "merged/tok512.bin"
        }) {
            assertThat(at(file)).isRegularFile();
        }
    }

    @Test
    void what_is_printed_was_measured() {
        DemoResult r = DemoResult.measure(SHORT, folder.resolve("demo"), 42, new CpuDevice());
        var s = r.states();
        assertThat(printed)
                .contains("%11.4f%11.4f%11.4f%n"
                        .formatted(
                                s.get(0).heldLoss(),
                                s.get(1).heldLoss(),
                                s.get(2).heldLoss()))
                .contains("%11.4f%11.4f%11.4f%n"
                        .formatted(
                                s.get(0).wholeLoss(),
                                s.get(1).wholeLoss(),
                                s.get(2).wholeLoss()))
                .contains(r.trained() + " parameters trained");
        assertThat(s.get(1).heldLoss()).isLessThan(s.get(0).heldLoss());
    }

    @Test
    void another_seed_tells_another_story() {
        try (LoadedModel base = new LoadedModel(at("model"))) {
            var teller = DemoRows.teller(base, Policy.of(base.model()));
            var story = teller.tell("One day, a dog ran.", DemoRows.seeds(42, 2));
            assertThat(teller.tell("One day, a dog ran.", DemoRows.seeds(42, 2)))
                    .isEqualTo(story);
            assertThat(teller.tell("One day, a dog ran.", DemoRows.seeds(43, 2)))
                    .isNotEqualTo(story);
        }
    }

    @Test
    void merged_equals_adapted_and_one_percent_more_of_the_adapter_does_not() {
        try (LoadedModel base = new LoadedModel(at("model"));
                LoadedModel merged = new LoadedModel(at("merged"))) {
            AdapterSet adapted = AdapterFolder.load(at("dpo"), base.model(), base.run());
            Policy dpo = new Policy(base.model(), adapted);
            float[] z = MergeCheck.logits(Policy.of(merged.model()), merged.run(), IDS);
            float[] same = MergeCheck.logits(dpo, base.run(), IDS);
            assertThat(MergeCheck.of(same, z, base.model()).agrees()).isTrue();
            adapted.trained().forEach((name, p) -> {
                Tensor copy = base.run().empty(p.value().shape());
                base.run().copy(p.value(), copy);
                if (name.contains("lora_B")) base.run().elementwise().axpy(0.01f, copy, p.value());
            });
            float[] planted = MergeCheck.logits(dpo, base.run(), IDS);
            assertThat(MergeCheck.of(planted, z, base.model()).agrees()).isFalse();
        }
    }

    @Test
    void a_folder_in_use_is_left_alone() throws IOException {
        Path used = Files.createDirectory(folder.resolve("used"));
        Files.writeString(used.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> demo(used, new StringWriter()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(used + ": the folder is not empty, expected a new or empty one");
        assertThat(used).isDirectoryNotContaining("glob:**model*");
    }
}
