package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ConfigException;
import dev.gradine.nn.Linear;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What configurations of recurrences mean where they say nothing, and what is refused.
class RecurrentConfigTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private CausalLm qwen(String key, Object value) {
        Map<String, Object> c = TinyLlama.config();
        c.putAll(Map.of("model_type", "qwen3_5_text", "num_hidden_layers", 4, "head_dim", 8));
        c.putAll(Map.of("linear_num_key_heads", 2, "linear_num_value_heads", 4));
        c.putAll(Map.of("linear_key_head_dim", 4, "linear_value_head_dim", 6));
        c.put(key, value);
        return TinyLlama.build(c, run);
    }

    private CausalLm mamba(String key, Object value) {
        Map<String, Object> c = new HashMap<>();
        c.putAll(Map.of("model_type", "mamba2", "vocab_size", 37, "hidden_size", 24, "num_hidden_layers", 1));
        c.putAll(Map.of("num_heads", 8, "head_dim", 6, "state_size", 4, "n_groups", 2));
        c.put(key, value);
        return TinyLlama.build(c, run);
    }

    private static List<String> attending(CausalLm model) {
        return model.linears().stream()
                .map(Linear::path)
                .filter(p -> p.endsWith("self_attn.q_proj"))
                .toList();
    }

    @Test
    void every_fourth_layer_attends_where_nothing_is_said() {
        assertThat(attending(qwen("use_cache", true))).containsExactly("model.layers.3.self_attn.q_proj");
    }

    @Test
    void an_interval_says_which_layers_attend() {
        assertThat(attending(qwen("full_attention_interval", 2)))
                .containsExactly("model.layers.1.self_attn.q_proj", "model.layers.3.self_attn.q_proj");
    }

    @Test
    void refuses_key_heads_that_do_not_divide_the_value_heads() {
        assertThatThrownBy(() -> qwen("linear_num_value_heads", 5))
                .isInstanceOf(ConfigException.class)
                .hasMessage("config: linear_num_value_heads is 5, expected a multiple of linear_num_key_heads 2");
    }

    @Test
    void refuses_a_state_that_is_too_large_to_address() {
        assertThatThrownBy(() -> qwen("linear_value_head_dim", 1 << 28))
                .isInstanceOf(ConfigException.class)
                .hasMessage("config: linear_value_head_dim is 268435456, expected fewer than 2^28 values in the state"
                        + " of 4 heads");
        assertThatThrownBy(() -> mamba("state_size", 1 << 28))
                .isInstanceOf(ConfigException.class)
                .hasMessage("config: state_size is 268435456, expected fewer than 2^28 values in the state of 8 heads");
    }

    @Test
    void steps_of_mamba_are_bounded_by_two_numbers_or_by_one_and_infinity() {
        assertThat(mamba("time_step_limit", List.of(0.1, 2)).linears()).isNotEmpty();
        assertThat(mamba("time_step_limit", List.of(0, Map.of("__float__", "Infinity")))
                        .linears())
                .isNotEmpty();
        assertThatThrownBy(() -> mamba("time_step_limit", List.of(2, 1)))
                .isInstanceOf(ConfigException.class)
                .hasMessage("config: time_step_limit is [2, 1], expected two numbers, the first at least 0 and below"
                        + " the second");
    }

    @Test
    void refuses_an_expansion_that_is_not_that_of_the_heads() {
        assertThatThrownBy(() -> mamba("expand", 3))
                .isInstanceOf(ConfigException.class)
                .hasMessage("config: expand is 3, expected num_heads · head_dim 48 over hidden_size 24");
    }
}
