package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--profile` adds a table to what a training command prints, and changes nothing else.
class ProfileOptionTest {

    @TempDir
    private Path temp = Path.of("");

    private Path data = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 6, 8, 1);
    }

    private Cli sft(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", temp.resolve("model"), "--data", data));
        all.addAll(List.of("--samples", 0, "--batch", 2, "--eval-split", 0.3, "--eval-every", 1));
        all.addAll(List.of("--out", temp.resolve(out)));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray()).ok();
    }

    @Test
    void a_training_command_prints_where_its_steps_went() {
        String plain = sft("plain", "--steps", 5).out();
        String profiled = sft("profiled", "--steps", 5, "--profile").out();
        assertThat(plain).doesNotContain("a step's time");
        String table = profiled.substring(profiled.indexOf("a step's time, mean of 3 steps"));
        assertThat(table)
                .containsPattern("(?m)^matMul +\\d")
                .containsPattern("(?m)^attention\\.forward +\\d")
                .containsPattern("(?m)^attention\\.backward +\\d")
                .containsPattern("(?m)^adamW\\.step +\\d")
                .containsPattern("(?m)^between kernels +\\d")
                .containsPattern("(?m)^the whole step +\\d.* 100\\.0 %");
        String file = "adapter_model.safetensors";
        assertThat(Values.bytes(temp.resolve("profiled").resolve(file)))
                .isEqualTo(Values.bytes(temp.resolve("plain").resolve(file)));
    }

    @Test
    void a_run_of_two_steps_says_that_none_was_counted() {
        assertThat(sft("short", "--steps", 2, "--profile").out())
                .endsWith("\n\nprofile: no step after the first 2, which are not counted\n");
    }
}
