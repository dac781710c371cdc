package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Rotary keys of GGUF as llama.cpp reads them.
class GgufRopeTest {

    private final Arena arena = Arena.ofConfined();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        arena.close();
    }

    private static GgufBytes gguf() {
        return new TinyLlama(true).gguf(3);
    }

    private Map<String, Object> config(GgufBytes gguf) {
        return Checkpoint.open(gguf.to(folder.resolve("a.gguf")), GgufBytes.LLAMA, arena)
                .config();
    }

    private void assertRefused(GgufBytes gguf, String message) {
        assertThatThrownBy(() -> config(gguf))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder.resolve("a.gguf") + ": " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama.rope.scaling.factor", "llama.rope.scale_linear"})
    void a_factor_is_linear_with_and_without_its_type(String key) {
        Map<String, Object> linear = Map.of("rope_type", "linear", "factor", 4.0);
        assertThat(config(gguf().f32(key, 4))).containsEntry("rope_scaling", linear);
        assertThat(config(gguf().f32(key, 4).text("llama.rope.scaling.type", "linear")))
                .containsEntry("rope_scaling", linear);
    }

    @Test
    void the_newer_key_of_a_factor_comes_first() {
        assertThat(config(gguf().f32("llama.rope.scaling.factor", 4).f32("llama.rope.scale_linear", 2)))
                .containsEntry("rope_scaling", Map.of("rope_type", "linear", "factor", 4.0));
    }

    @Test
    void what_scales_nothing_is_no_scaling() {
        assertThat(config(gguf())).doesNotContainKey("rope_scaling");
        assertThat(config(gguf().f32("llama.rope.scaling.factor", 1))).doesNotContainKey("rope_scaling");
        assertThat(config(gguf().f32("llama.rope.scaling.factor", 0))).doesNotContainKey("rope_scaling");
        assertThat(config(gguf().text("llama.rope.scaling.type", "linear"))).doesNotContainKey("rope_scaling");
        assertThat(config(gguf().text("llama.rope.scaling.type", "none").f32("llama.rope.scaling.factor", 4)))
                .doesNotContainKey("rope_scaling");
        assertThat(config(gguf().text("llama.rope.scaling.type", "yarn").f32("llama.rope.scaling.factor", 1)))
                .doesNotContainKey("rope_scaling");
        assertThat(config(gguf().tensor("rope_freqs.weight", new float[] {1, 1}, 2)))
                .doesNotContainKey("rope_scaling");
    }

    @Test
    void yarn_has_keys_of_its_own() {
        GgufBytes yarn = gguf().text("llama.rope.scaling.type", "yarn").f32("llama.rope.scaling.factor", 4);
        assertThat(config(yarn))
                .containsEntry(
                        "rope_scaling",
                        Map.of("rope_type", "yarn", "factor", 4.0, "original_max_position_embeddings", 16));
        assertThat(config(yarn.u32("llama.rope.scaling.original_context_length", 8)
                        .f32("llama.rope.scaling.yarn_beta_fast", 16)
                        .f32("llama.rope.scaling.yarn_log_multiplier", 0.5f)))
                .containsEntry(
                        "rope_scaling",
                        Map.of(
                                "rope_type",
                                "yarn",
                                "factor",
                                4.0,
                                "original_max_position_embeddings",
                                8,
                                "beta_fast",
                                16.0,
                                "mscale_all_dim",
                                0.5,
                                "mscale",
                                1.0));
    }

    @Test
    void a_scaling_that_is_not_computed_is_refused_by_its_name() {
        assertRefused(
                gguf().text("llama.rope.scaling.type", "longrope"),
                "llama.rope.scaling.type is longrope, expected none, linear or yarn");
        assertRefused(
                gguf().f32("llama.rope.scaling.attn_factor", 1.5f),
                "llama.rope.scaling.attn_factor is 1.5, which is not computed here: expected no such key or 1.0");
        assertRefused(
                gguf().f32("llama.rope.scaling.yarn_ext_factor", 1),
                "llama.rope.scaling.yarn_ext_factor is 1.0, which is not computed here: expected no such key or -1.0");
        assertRefused(
                gguf().f32("llama.rope.scaling.factor", -2),
                "llama.rope.scaling.factor is -2.0, expected a number > 0");
    }

    /// Llama 3.1: θ 5e5, a factor of 8 below one turn in 8192 tokens, none above four turns. Of the four pairs of a
    /// head of 8 the last makes 0.07 turns and the one before it 1.8, which is between.
    @Test
    void factors_of_llama_3_become_its_parameters() {
        double turns = 8192 * Math.pow(5e5, -0.5) / (2 * Math.PI);
        double t = (turns - 1) / 3;
        assertThat(t).isBetween(0.2, 0.4);
        float between = (float) (1 / ((1 - t) / 8 + t));
        Map<String, Object> c = config(heads8(new float[] {1, 1, between, 8}));
        assertThat(c)
                .containsEntry("rope_theta", 500000.0)
                .containsEntry(
                        "rope_scaling",
                        Map.of(
                                "rope_type", "llama3",
                                "factor", 8.0,
                                "low_freq_factor", 1.0,
                                "high_freq_factor", 4.0,
                                "original_max_position_embeddings", 8192));
    }

    /// A file of one head of 8 values.
    private static GgufBytes heads8(float[] factors) {
        return new GgufBytes(3, 32)
                .text("general.architecture", "llama")
                .u32("llama.context_length", 16)
                .u32("llama.embedding_length", 8)
                .u32("llama.block_count", 1)
                .u32("llama.feed_forward_length", 6)
                .u32("llama.attention.head_count", 1)
                .f32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .f32("llama.rope.freq_base", 5e5f)
                .tensor("token_embd.weight", new float[40], 8, 5)
                .tensor("blk.0.attn_q.weight", new float[64], 8, 8)
                .tensor("rope_freqs.weight", factors, factors.length);
    }

    @Test
    void other_factors_become_a_longrope_of_one_set_of_factors() {
        List<Double> factors = List.of(1.0, 1.0, 3.0, 8.0);
        assertThat(config(heads8(new float[] {1, 1, 3, 8})))
                .containsEntry(
                        "rope_scaling",
                        Map.of(
                                "rope_type",
                                "longrope",
                                "short_factor",
                                factors,
                                "long_factor",
                                factors,
                                "factor",
                                1.0,
                                "attention_factor",
                                1.0,
                                "original_max_position_embeddings",
                                16));
    }

    @Test
    void factors_that_cannot_be_are_refused() {
        assertRefused(
                gguf().tensor("rope_freqs.weight", new float[] {1, 8, 8}, 3),
                "tensor rope_freqs.weight is F32[3], expected F32[2], one factor for each pair of a head");
        assertRefused(
                gguf().tensor("rope_freqs.weight", new float[] {1, 0}, 2),
                "tensor rope_freqs.weight: value 1 is 0.0, expected a number > 0");
        assertRefused(
                gguf().tensor("rope_freqs.weight", new float[] {Float.NaN, 1}, 2),
                "tensor rope_freqs.weight: value 0 is NaN, expected a number > 0");
    }

    @Test
    void parameters_of_a_config_beside_it_stand_for_factors_only_if_they_give_them() {
        Map<String, Object> llama3 = Map.of(
                "type", "llama3",
                "factor", 8.0,
                "low_freq_factor", 1.0,
                "high_freq_factor", 4.0,
                "original_max_position_embeddings", 64);
        Json.write(folder.resolve("config.json"), Map.of("rope_scaling", llama3));
        // θ 1e4 and two pairs: ω = 1 and 0.01, that is 10.2 and 0.102 turns in 64 tokens
        Map<String, Object> c = config(gguf().tensor("rope_freqs.weight", new float[] {1, 8}, 2));
        assertThat(c.get("rope_scaling"))
                .isEqualTo(Map.of(
                        "rope_type", "llama3",
                        "factor", 8.0,
                        "low_freq_factor", 1.0,
                        "high_freq_factor", 4.0,
                        "original_max_position_embeddings", 64));
        assertRefused(
                gguf().tensor("rope_freqs.weight", new float[] {1, 32}, 2),
                "tensor rope_freqs.weight: its factors are not those of rope_scaling in the config.json beside it");
        Json.write(folder.resolve("config.json"), Map.of("rope_theta", 5.0));
        assertThat(config(gguf().tensor("rope_freqs.weight", new float[] {1, 8}, 2)))
                .containsEntry("rope_theta", 10000.0)
                .containsKey("rope_scaling");
    }
}
