package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.nn.ConfigException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every key of a published configuration is read or known; one that changes what is computed and is neither is
/// refused by its name.
class ConfigKeysTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// Sizes of models that fit a test, over those of a published file.
    private static final Map<String, Object> SMALL =
            Map.of("vocab_size", 37, "hidden_size", 24, "intermediate_size", 40, "num_hidden_layers", 2, "head_dim", 6);

    private static final Map<String, Object> SMALL_GPT2 =
            Map.of("vocab_size", 37, "n_embd", 24, "n_layer", 2, "n_positions", 16);

    private static final Map<String, Object> SMALL_FALCON = Map.of(
            "vocab_size", 37, "hidden_size", 24, "num_hidden_layers", 2, "num_attention_heads", 4, "num_kv_heads", 2);

    /// Keys and values as they are published.
    static Map<String, String> published() {
        Map<String, String> all = new HashMap<>();
        all.put("Llama 3.2", """
                {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                 "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "head_dim": 64, "hidden_act": "silu",
                 "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192,
                 "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
                 "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "pretraining_tp": 1,
                 "rms_norm_eps": 1e-05, "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0,
                 "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"},
                 "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
                 "transformers_version": "4.45.0.dev0", "use_cache": true, "vocab_size": 128256}
                """);
        all.put("SmolLM2", """
                {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                 "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 576,
                 "initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true,
                 "max_position_embeddings": 8192, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 9,
                 "num_hidden_layers": 30, "num_key_value_heads": 3, "pad_token_id": 2, "pretraining_tp": 1,
                 "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000,
                 "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers.js_config": {"dtype": "q4",
                 "kv_cache_dtype": {"q4f16": "float16", "fp16": "float16"}}, "transformers_version": "4.42.3",
                 "use_cache": true, "vocab_size": 49152}
                """);
        all.put("TinyLlama", """
                {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 1, "eos_token_id": 2,
                 "hidden_act": "silu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 5632,
                 "max_position_embeddings": 2048, "model_type": "llama", "num_attention_heads": 32,
                 "num_hidden_layers": 22, "num_key_value_heads": 4, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
                 "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false,
                 "torch_dtype": "bfloat16", "transformers_version": "4.35.0", "use_cache": true, "vocab_size": 32000,
                 "unsloth_version": "2024.9", "_name_or_path": "x"}
                """);
        all.put("Qwen2.5", """
                {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
                 "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02,
                 "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 21,
                 "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
                 "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768,
                 "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers_version": "4.43.1",
                 "use_cache": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 151936}
                """);
        all.put("Qwen3", """
                {"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                 "bos_token_id": 151643, "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu",
                 "hidden_size": 1024, "initializer_range": 0.02, "intermediate_size": 3072,
                 "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
                 "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06,
                 "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true,
                 "torch_dtype": "bfloat16", "transformers_version": "4.51.0", "use_cache": true,
                 "use_sliding_window": false, "vocab_size": 151936}
                """);
        all.put("Gemma 2", """
                {"architectures": ["Gemma2ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                 "attn_logit_softcapping": 50.0, "bos_token_id": 2, "cache_implementation": "hybrid",
                 "eos_token_id": [1, 107], "final_logit_softcapping": 30.0, "head_dim": 256,
                 "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 2304,
                 "initializer_range": 0.02, "intermediate_size": 9216, "max_position_embeddings": 8192,
                 "model_type": "gemma2", "num_attention_heads": 8, "num_hidden_layers": 26, "num_key_value_heads": 4,
                 "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
                 "sliding_window": 4096, "torch_dtype": "bfloat16", "transformers_version": "4.42.4",
                 "use_cache": true, "vocab_size": 256000}
                """);
        all.put("Gemma 3", """
                {"architectures": ["Gemma3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
                 "attn_logit_softcapping": null, "bos_token_id": 2, "cache_implementation": "hybrid",
                 "eos_token_id": [1, 106], "final_logit_softcapping": null, "head_dim": 256,
                 "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152, "initializer_range": 0.02,
                 "intermediate_size": 6912, "max_position_embeddings": 32768, "model_type": "gemma3_text",
                 "num_attention_heads": 4, "num_hidden_layers": 26, "num_key_value_heads": 1, "pad_token_id": 0,
                 "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000,
                 "rope_scaling": null, "rope_theta": 1000000, "sliding_window": 512, "sliding_window_pattern": 6,
                 "torch_dtype": "bfloat16", "transformers_version": "4.50.0.dev0", "use_cache": true,
                 "vocab_size": 262144}
                """);
        all.put("Falcon 40B", """
                {"alibi": false, "architectures": ["FalconForCausalLM"], "attention_dropout": 0.0, "bias": false,
                 "bos_token_id": 11, "eos_token_id": 11, "hidden_dropout": 0.0, "hidden_size": 8192,
                 "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "falcon", "multi_query": true,
                 "new_decoder_architecture": true, "num_attention_heads": 128, "num_hidden_layers": 60,
                 "num_kv_heads": 8, "parallel_attn": true, "torch_dtype": "bfloat16", "use_cache": true,
                 "vocab_size": 65024}
                """);
        all.put("GPT-2", """
                {"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
                 "bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256, "initializer_range": 0.02,
                 "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12,
                 "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "summary_activation": null,
                 "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
                 "summary_use_proj": true, "task_specific_params": {"text-generation": {"do_sample": true,
                 "max_length": 50}}, "vocab_size": 50257, "_num_labels": 1, "id2label": {"0": "LABEL_0"},
                 "label2id": {"LABEL_0": 0}}
                """);
        return all;
    }

    static List<String> names() {
        return published().keySet().stream().sorted().toList();
    }

    private static Map<String, Object> small(String name) {
        byte[] text = Objects.requireNonNull(published().get(name)).getBytes(StandardCharsets.UTF_8);
        Map<String, Object> c = Json.parseObject(name, text);
        c.putAll(
                switch (name) {
                    case "GPT-2" -> SMALL_GPT2;
                    case "Falcon 40B" -> SMALL_FALCON;
                    default -> SMALL;
                });
        return c;
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_published_configuration_is_read_whole(String name) {
        assertThat(TinyLlama.build(small(name), run).vocabSize()).isEqualTo(37);
    }

    private void assertRefused(String published, String key, @Nullable Object value, String message) {
        Map<String, Object> c = small(published);
        c.put(key, value);
        assertThatThrownBy(() -> TinyLlama.build(c, run))
                .isInstanceOf(ConfigException.class)
                .hasMessage(message);
    }

    private static String unknown(String key, String value) {
        return "config: " + key + " is " + value + ", expected no such key: what it means is not known here, and the"
                + " model may differ by it; take it out if it has no effect";
    }

    @Test
    void a_key_that_nothing_reads_is_refused_if_it_switches_something_on() {
        assertRefused("Llama 3.2", "logit_scale", 0.0625, unknown("logit_scale", "0.0625"));
        assertRefused("Llama 3.2", "rope_interleaved", true, unknown("rope_interleaved", "true"));
        assertRefused("Llama 3.2", "no_rope_layers", List.of(1, 0), unknown("no_rope_layers", "[1, 0]"));
        assertRefused("Qwen3", "num_experts", 8, unknown("num_experts", "8"));
        assertRefused("Qwen2.5", "use_mrope", true, unknown("use_mrope", "true"));
        assertRefused("Qwen3", "attn_logit_softcapping", 50.0, unknown("attn_logit_softcapping", "50.0"));
        assertRefused("Llama 3.2", "use_sliding_window", true, unknown("use_sliding_window", "true"));
        assertRefused("GPT-2", "rope_theta", 10000, unknown("rope_theta", "10000"));
        assertRefused("TinyLlama", "quantization", Map.of("bits", 4), unknown("quantization", "{bits=4}"));
    }

    @Test
    void a_switch_that_is_off_is_no_matter() {
        for (Object off : new Object[] {false, 0, 0.0, "", List.of(), Map.of()}) {
            Map<String, Object> c = small("Llama 3.2");
            c.put("whatever", off);
            c.put("nothing", null);
            assertThat(TinyLlama.build(c, run).vocabSize()).isEqualTo(37);
        }
    }

    @Test
    void a_key_within_rotary_parameters_counts_too() {
        assertRefused(
                "TinyLlama",
                "rope_scaling",
                Map.of("rope_type", "linear", "factor", 2.0, "beta_fast", 32),
                unknown("rope_scaling.beta_fast", "32"));
        assertRefused(
                "TinyLlama",
                "rope_parameters",
                Map.of("full_attention", Map.of("rope_theta", 5.0)),
                unknown("rope_parameters.full_attention", "{rope_theta=5.0}"));
    }

    @Test
    void weights_quantised_in_a_way_that_is_not_read_are_named() {
        assertRefused(
                "TinyLlama",
                "quantization_config",
                Map.of("quant_method", "aqlm", "bits", 2),
                "config: quantization_config.quant_method is \"aqlm\", expected \"bitsandbytes\", \"gptq\", \"awq\","
                        + " \"fp8\", \"fbgemm_fp8\", \"compressed-tensors\", \"mxfp4\" or unquantised weights");
        assertRefused(
                "TinyLlama",
                "quantization_config",
                Map.of("quant_method", "bitsandbytes"),
                "config: quantization_config.load_in_4bit is missing, expected true, or load_in_8bit true, as"
                        + " bitsandbytes has no other");
    }

    @Test
    void tensor_parallel_pretraining_is_computed_as_one_only() {
        assertRefused(
                "TinyLlama", "pretraining_tp", 2, "config: pretraining_tp is 2, expected 1, the only value supported");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Qwen3", "Llama 3.2"})
    void a_layer_with_a_window_needs_one(String published) {
        assertRefused(
                published,
                "layer_types",
                List.of("sliding_attention", "full_attention"),
                "config: layer_types is [sliding_attention, full_attention], expected full_attention in all layers, as"
                        + " no sliding window is switched on");
    }

    @Test
    void sizes_are_multiplied_exactly() {
        Map<String, Object> wide = Map.of("hidden_size", 1 << 20, "vocab_size", 1 << 20);
        Map<String, Object> c = small("TinyLlama");
        c.putAll(wide);
        assertThatThrownBy(() -> TinyLlama.build(c, run))
                .isInstanceOf(ConfigException.class)
                .hasMessage("weights: model.embed_tokens.weight would be [1048576, 1048576] (from config), expected"
                        + " fewer than 2^31 values");
        assertRefused(
                "Llama 3.2",
                "head_dim",
                1 << 30,
                "config: head_dim is 1073741824, expected fewer than 2^31 values in 32 heads");
        assertRefused("GPT-2", "n_embd", 1_073_741_820, "config: n_embd is 1073741820, expected a number below 2^29");
    }

    @Test
    void a_bound_of_gemma_2_is_its_own_unless_it_is_null() {
        Map<String, Object> without = small("Gemma 2");
        without.remove("final_logit_softcapping");
        assertThat(TinyLlama.build(without, run).head().cap()).isEqualTo(30);
        without.put("final_logit_softcapping", null);
        assertThat(TinyLlama.build(without, run).head().cap()).isEqualTo(0);
    }
}
