package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A reward model is an adapter with a head of its own.
class RewardModelTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 8);
    }

    private Cli reward(String out, Object... more) {
        Object[] args = {
            "reward",
            "--model",
            temp.resolve("model"),
            "--data",
            temp.resolve("pairs.jsonl"),
            "--out",
            temp.resolve(out)
        };
        return Cli.run(Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray());
    }

    @Test
    void the_head_is_trained_and_saved_as_hugging_face_has_it() {
        reward("run", "--steps", 4, "--lr", 0.01, "--rank", 2).ok();
        Path run = temp.resolve("run");
        Map<String, float[]> saved = Values.floats(run.resolve("adapter_model.safetensors"));
        assertThat(saved).containsKey("base_model.model.score.weight");
        assertThat(saved.get("base_model.model.score.weight")).hasSize(TinyModel.DIM);
        assertThat(Values.text(run.resolve("adapter_config.json")))
                .contains("\"task_type\": \"SEQ_CLS\"")
                .containsPattern("\"modules_to_save\": \\[\\s*\"score\"\\s*]");
    }

    @Test
    void it_goes_on_from_a_head_that_was_saved() {
        reward("run", "--steps", 2, "--lr", 0.01, "--rank", 2).ok();
        String err = reward("more", "--steps", 1, "--lr", 0, "--init-adapter", temp.resolve("run"))
                .ok()
                .err();
        assertThat(err).contains("tensors used").doesNotContain("score");
        String weights = "adapter_model.safetensors";
        assertThat(Values.floats(temp.resolve("more").resolve(weights)).get("base_model.model.score.weight"))
                .isEqualTo(Values.floats(temp.resolve("run").resolve(weights)).get("base_model.model.score.weight"));
    }

    @Test
    void a_text_that_is_too_long_is_left_out_whole() {
        assertThat(reward("run", "--steps", 1, "--max-length", 8).err()).contains("an end to score within 8 tokens");
    }

    /// Beginnings that are made of the gradients or inputs of the first batches.
    @ParameterizedTest
    @ValueSource(strings = {"eva", "lora_ga", "corda"})
    void it_may_begin_from_its_data(String beginning) {
        reward("plain", "--steps", 1, "--rank", 2).ok();
        reward("run", "--steps", 1, "--rank", 2, "--init-lora-weights", beginning)
                .ok();
        Map<String, float[]> plain = Values.floats(temp.resolve("plain/adapter_model.safetensors"));
        Map<String, float[]> saved = Values.floats(temp.resolve("run/adapter_model.safetensors"));
        String a = plain.keySet().stream()
                .filter(n -> n.contains("q_proj.lora_A"))
                .findFirst()
                .orElseThrow();
        assertThat(saved.get(a)).isNotEqualTo(plain.get(a));
        for (float[] values : saved.values())
            for (float v : values) assertThat(v).isFinite();
        assertThat(saved).containsKey("base_model.model.score.weight");
    }

    @Test
    void the_head_for_words_is_not_among_its_layers() {
        reward("run", "--steps", 1, "--rank", 2, "--targets", "all-linear").ok();
        Map<String, float[]> saved = Values.floats(temp.resolve("run/adapter_model.safetensors"));
        assertThat(saved.keySet())
                .anyMatch(n -> n.contains("down_proj.lora_A"))
                .noneMatch(n -> n.contains("lm_head") || n.contains("score.lora"));
    }
}
