package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run or a merge that cannot be brought to its end says so, and nothing it leaves looks whole.
class TrainingFailureTest {

    @TempDir
    private Path temp = Path.of("");

    private Path out = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        TinyModel.write(temp.resolve("model"));
        Files.delete(temp.resolve("model/tokenizer.json")); // its library unpacks itself, a file longer than some limit
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 8, 8, 1);
        out = temp.resolve("out");
    }

    private Object[] sft(Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--out", out));
        all.addAll(List.of("--data", temp.resolve("data.jsonl"), "--samples", 0));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void a_loss_that_is_no_number_ends_the_run_with_a_report() {
        Cli run = Cli.run(sft("--lr", "1e30", "--clip", 0, "--steps", 9));
        assertThat(run.code()).isEqualTo(1);
        String cause = "step 2: loss is NaN, for Attention after model.layers.0.self_attn.v_proj.lora_B.weight gives"
                + " the first value that is not finite; try a lower learning rate (now 1.0E30 at its peak) or clipping";
        assertThat(run.err()).endsWith("gradine: " + cause + "\n");
        assertThat(Values.content(out)).containsExactly("metrics.jsonl", "report.html", "run.json");
        assertThat(Values.text(out.resolve("run.json"))).contains("\"failed\"").contains(cause);
        assertThat(Values.text(out.resolve("report.html"))).contains("failed").contains(cause);
        assertThat(Values.metrics(out)).hasSize(1);
    }

    @Test
    void a_full_disk_leaves_no_adapter() {
        try (Child child = Child.startWithFilesUpTo(64, temp, sft("--rank", 64, "--steps", 2))) {
            assertThat(child.code()).isEqualTo(1);
            assertThat(child.err())
                    .endsWith("gradine: " + out.resolve("adapter_model.safetensors")
                            + ": cannot be written: File too large\n");
        }
        assertThat(Values.content(out)).doesNotContain("adapter_model.safetensors", "adapter_config.json");
        assertThat(Values.content(out)).noneMatch(name -> name.endsWith(".tmp"));
        assertThat(Values.text(out.resolve("run.json"))).contains("\"failed\"").contains("File too large");
    }

    @Test
    void a_full_disk_in_the_middle_ends_the_run() {
        Object[] args = sft("--rank", 1, "--targets", "q_proj", "--steps", 200);
        try (Child child = Child.startWithFilesUpTo(8, temp, args)) {
            assertThat(child.code()).isEqualTo(1);
            int step = Values.completeLines(out.resolve("metrics.jsonl")) + 1;
            assertThat(child.err())
                    .endsWith("gradine: %s: step %d cannot be written (java.io.IOException: File too large)\n"
                            .formatted(out.resolve("metrics.jsonl"), step));
        }
        assertThat(Values.content(out)).containsExactly("metrics.jsonl", "run.json");
        assertThat(Values.text(out.resolve("run.json"))).contains("\"failed\"");
    }

    @Test
    void a_full_disk_leaves_no_merged_model() {
        Cli.run(sft("--steps", 1, "--targets", "q_proj")).ok();
        Path merged = temp.resolve("merged");
        Object[] args = {"merge", "--model", temp.resolve("model"), "--adapter", out, "--out", merged};
        try (Child child = Child.startWithFilesUpTo(32, temp, args)) {
            assertThat(child.code()).isEqualTo(1);
            assertThat(child.err())
                    .isEqualTo("gradine: adapter %s: lora on 2 modules; 4 of 4 tensors used\n".formatted(out)
                            + "gradine: " + merged + ": cannot be written: File too large\n");
            assertThat(child.out()).isEmpty();
        }
        assertThat(Values.content(temp)).noneMatch(name -> name.contains("merged"));
    }

    @Test
    void a_device_is_not_replaced_by_a_file() {
        Path ids = temp.resolve("ids.safetensors");
        Cli.run("score", "--model", temp.resolve("model"), "--ids", TokenRows.write(ids), "--out", "/dev/null")
                .refuses("/dev/null: is a device or pipe, expected a file to write");
    }
}
