package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A model of every family is trained with an adapter, merged, and says as a plain model what it said with the adapter.
class MergedFamiliesTest {

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({"qwen2,all-linear", "gemma2,all-linear", "gemma3,all-linear", "gpt2,c_attn"})
    void a_merged_model_says_what_the_adapted_one_says(String name, String targets) {
        Path model = Golden.golden("models/" + name);
        Path ids = model.resolve("expected.safetensors");
        Path rows = TinyModel.tokenRows(temp.resolve("rows.jsonl"), 4, 12, 3);
        Path run = temp.resolve("run");
        Cli.run(
                        "sft",
                        "--model",
                        model,
                        "--data",
                        rows,
                        "--out",
                        run,
                        "--steps",
                        3,
                        "--lr",
                        "1e-2",
                        "--targets",
                        targets)
                .ok();
        Path adapted = temp.resolve("adapted.safetensors");
        Cli.run("score", "--model", model, "--adapter", run, "--ids", ids, "--out", adapted)
                .ok();
        Path merged = temp.resolve("merged");
        Cli.run("merge", "--model", model, "--adapter", run, "--out", merged).ok();
        Path plain = temp.resolve("plain.safetensors");
        Cli.run("score", "--model", merged, "--ids", ids, "--out", plain).ok();
        double[] want = Values.doubles(Values.floats(adapted, "logits"));
        Teeth.bite(Values.floats(plain, "logits"), got -> Tolerance.logits().check(name, got, want));
        assertThat(Values.floats(adapted, "logits")).isNotEqualTo(Values.floats(ids, "logits"));
    }
}
