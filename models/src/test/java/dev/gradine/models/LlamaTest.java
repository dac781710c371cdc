package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ConfigException;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is read of a `config.json`, and the whole message for each value that cannot be used.
class LlamaTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private CausalLm with(String key, @Nullable Object value) {
        Map<String, Object> c = TinyLlama.config();
        if (value == null) c.remove(key);
        else c.put(key, value);
        return TinyLlama.build(c, run);
    }

    private static Shape shape(CausalLm model, String path) {
        return model.weights().stream()
                .filter(w -> w.path().equals(path))
                .map(Weight::shape)
                .findFirst()
                .orElseThrow();
    }

    private void assertRefused(String key, @Nullable Object value, String message) {
        assertThatThrownBy(() -> with(key, value))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void reads_the_sizes() {
        CausalLm m = TinyLlama.build(TinyLlama.config(), run);
        assertThat(m.vocabSize()).isEqualTo(37);
        assertThat(m.maxPositions()).isEqualTo(64);
        assertThat(shape(m, "model.embed_tokens.weight")).isEqualTo(Shape.of(37, 24));
        assertThat(shape(m, "model.layers.1.self_attn.q_proj.weight")).isEqualTo(Shape.of(24, 24));
        assertThat(shape(m, "model.layers.1.self_attn.k_proj.weight")).isEqualTo(Shape.of(12, 24));
        assertThat(shape(m, "model.layers.1.mlp.down_proj.weight")).isEqualTo(Shape.of(24, 40));
        assertThat(m.linears()).hasSize(2 * 7 + 1);
    }

    @Test
    void what_is_not_said_has_the_familys_default() {
        CausalLm m = with("num_key_value_heads", null);
        assertThat(shape(m, "model.layers.0.self_attn.k_proj.weight")).isEqualTo(Shape.of(24, 24));
        assertThat(m.linears()).noneMatch(Linear::hasBias);
        assertThat(shape(m, "lm_head.weight")).isEqualTo(Shape.of(37, 24));
        assertThat(with("max_position_embeddings", null).maxPositions()).isEqualTo(2048);
    }

    @Test
    void the_head_size_may_differ_from_the_quotient() {
        CausalLm m = with("head_dim", 10);
        assertThat(shape(m, "model.layers.0.self_attn.q_proj.weight")).isEqualTo(Shape.of(40, 24));
        assertThat(shape(m, "model.layers.0.self_attn.o_proj.weight")).isEqualTo(Shape.of(24, 40));
    }

    @ParameterizedTest
    @CsvSource({"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"})
    void a_size_must_be_there_and_whole(String key) {
        assertRefused(key, null, "config: " + key + " is missing, expected a whole number of at least 1");
        assertRefused(key, 0, "config: " + key + " is 0, expected a whole number of at least 1");
        assertRefused(key, 2.5, "config: " + key + " is 2.5, expected a whole number of at least 1");
        assertRefused(key, "8", "config: " + key + " is \"8\", expected a whole number of at least 1");
    }

    @Test
    void a_size_beyond_31_bits_is_refused() {
        assertRefused(
                "vocab_size", 1L << 40, "config: vocab_size is 1099511627776, expected a whole number below 2^31");
    }

    @Test
    void another_family_is_refused() {
        assertRefused("model_type", 3, "config: model_type is 3, expected a string");
        assertRefused("hidden_act", "gelu", "config: hidden_act is \"gelu\", expected \"silu\"");
    }

    @Test
    void heads_must_share_the_channels() {
        assertRefused("hidden_size", 25, "config: hidden_size is 25, expected a multiple of num_attention_heads 4");
        assertRefused(
                "num_key_value_heads",
                3,
                "config: num_key_value_heads is 3, expected a divisor of num_attention_heads 4");
        assertRefused("head_dim", 5, "config: head_dim is 5, expected an even number");
        assertRefused("head_dim", 0, "config: head_dim is 0, expected a whole number of at least 1");
    }

    @Test
    void numbers_and_flags_are_checked() {
        assertRefused(
                "max_position_embeddings",
                -1,
                "config: max_position_embeddings is -1, expected a whole number of at least 1");
        assertRefused("rms_norm_eps", 0, "config: rms_norm_eps is 0, expected a number above 0");
        assertRefused("rms_norm_eps", Double.NaN, "config: rms_norm_eps is NaN, expected a number above 0");
        assertRefused("tie_word_embeddings", "yes", "config: tie_word_embeddings is \"yes\", expected true or false");
        assertRefused("attention_bias", 1, "config: attention_bias is 1, expected true or false");
        assertRefused("mlp_bias", 1, "config: mlp_bias is 1, expected true or false");
    }

    @Test
    void rope_is_checked() {
        assertRefused("rope_theta", -1, "config: rope_theta is -1, expected a number above 0");
        assertRefused("rope_scaling", "linear", "config: rope_scaling is \"linear\", expected an object");
        assertRefused(
                "rope_scaling",
                Map.of("rope_type", "klingon"),
                "config: rope_scaling.rope_type is \"klingon\", expected \"default\", \"linear\", \"dynamic\","
                        + " \"llama3\", \"longrope\", \"proportional\" or \"yarn\"");
        assertRefused(
                "rope_scaling",
                Map.of("rope_type", "linear"),
                "config: rope_scaling.factor is missing, expected a number above 0");
        assertRefused(
                "rope_parameters",
                Map.of("rope_type", "llama3", "factor", 8),
                "config: rope_parameters.low_freq_factor is missing, expected a number above 0");
    }
}
