package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine merge-models`: what it writes is a model that the other commands open.
class MergeModelsCommandTest {

    @TempDir
    Path temp;

    @BeforeEach
    void models() {
        TinyModel.write(temp.resolve("a"), 5);
        TinyModel.write(temp.resolve("b"), 6);
    }

    private Cli merge(String yaml) throws IOException {
        Path file = Files.writeString(temp.resolve("merge.yaml"), yaml);
        return Cli.run("merge-models", "--config", file, "--out", temp.resolve("out"));
    }

    private float[] logits(String model) {
        Path ids = temp.resolve("ids.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(ids, Map.of("input_ids", Tensor.of(arena, Shape.of(1, 4), 3, 1, 4, 1)));
        }
        Path out = temp.resolve(model + ".safetensors");
        Cli.run("score", "--model", temp.resolve(model), "--ids", ids, "--out", out)
                .ok();
        return Values.floats(out, "logits");
    }

    @Test
    void interpolation_begins_at_the_base_model() throws IOException {
        Cli done = merge("""
                merge_method: slerp
                base_model: a
                models:
                  - model: a
                  - model: b
                parameters:
                  t: [0, 0]
                """).ok();
        assertThat(done.out()).isEqualTo("slerp of a, b in %s\n".formatted(temp.resolve("out")));
        assertThat(logits("out")).isEqualTo(logits("a")).isNotEqualTo(logits("b"));
    }

    @Test
    void the_mean_of_a_model_with_itself_is_the_model() throws IOException {
        merge("""
                merge_method: linear
                models:
                  - {model: a, parameters: {weight: 1}}
                  - {model: a, parameters: {weight: 1}}
                """).ok();
        assertThat(logits("out")).isEqualTo(logits("a"));
    }

    @Test
    void mistakes_are_one_line_and_leave_nothing() throws IOException {
        merge("merge_method: linear\nmodels: [{model: c}]\n")
                .refuses("%s: cannot be read: no such file or folder".formatted(temp.resolve("c")));
        merge("- linear\n")
                .refuses(temp.resolve("merge.yaml") + ": is no mapping, expected lines such as merge_method: linear");
        merge("merge_method: linear\nmodels: [{model: a}]\n")
                .refuses("a: no weight for lm_head.weight, expected a number under its parameters");
        assertThat(temp.resolve("out")).doesNotExist();
    }
}
