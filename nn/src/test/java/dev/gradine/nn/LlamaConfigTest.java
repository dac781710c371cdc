package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is read of a `config.json`, and the whole message for each value that cannot be used.
class LlamaConfigTest {

    private static LlamaConfig with(String key, @Nullable Object value) {
        Map<String, Object> c = TinyLlama.config();
        if (value == null) c.remove(key);
        else c.put(key, value);
        return LlamaConfig.of(c);
    }

    private static void assertRefused(String key, @Nullable Object value, String message) {
        assertThatThrownBy(() -> with(key, value))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    @Test
    void reads_the_sizes() {
        LlamaConfig c = LlamaConfig.of(TinyLlama.config());
        assertThat(c.vocabSize()).isEqualTo(37);
        assertThat(c.hidden()).isEqualTo(24);
        assertThat(c.intermediate()).isEqualTo(40);
        assertThat(c.layers()).isEqualTo(2);
        assertThat(c.heads()).isEqualTo(4);
        assertThat(c.kvHeads()).isEqualTo(2);
        assertThat(c.maxPositions()).isEqualTo(64);
    }

    @Test
    void what_is_not_said_has_the_familys_default() {
        LlamaConfig c = with("num_key_value_heads", null);
        assertThat(c.kvHeads()).isEqualTo(4);
        assertThat(c.headDim()).isEqualTo(6);
        assertThat(c.normEps()).isEqualTo(1e-6f);
        assertThat(c.tied() || c.attentionBias() || c.mlpBias()).isFalse();
        assertThat(with("max_position_embeddings", null).maxPositions()).isEqualTo(2048);
        assertThat(with("model_type", null).layers()).isEqualTo(2);
    }

    @Test
    void the_head_size_may_differ_from_the_quotient() {
        assertThat(with("head_dim", 10).headDim()).isEqualTo(10);
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
                "vocab_size", 1L << 40, "config: vocab_size is 1099511627776, expected a whole number of at least 1");
    }

    @Test
    void another_family_is_refused() {
        assertRefused("model_type", "gpt2", "config: model_type is \"gpt2\", expected \"llama\"");
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
                Map.of("rope_type", "yarn"),
                "config: rope_type is \"yarn\", expected \"default\", \"linear\" or \"llama3\"");
        assertRefused(
                "rope_scaling", Map.of("rope_type", "linear"), "config: factor is missing, expected a number above 0");
        assertRefused(
                "rope_parameters",
                Map.of("rope_type", "llama3", "factor", 8),
                "config: low_freq_factor is missing, expected a number above 0");
    }
}
