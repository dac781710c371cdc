package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The configuration of a llama2.c file under Hugging Face's keys.
final class Llama2cConfig {

    private Llama2cConfig() {}

    /// Of a llama2.c file. It says nothing of epsilon, rotary base and special tokens: llama2.c has them built in.
    static Map<String, Object> of(Llama2c bin) {
        Llama2c.Header h = bin.header();
        Map<String, Object> c = new LinkedHashMap<>();
        c.put("architectures", List.of("LlamaForCausalLM"));
        c.put("model_type", "llama");
        c.put("hidden_act", "silu");
        c.put("attention_bias", false);
        c.put("mlp_bias", false);
        c.put("hidden_size", h.dim());
        c.put("intermediate_size", h.hidden());
        c.put("num_hidden_layers", h.layers());
        c.put("num_attention_heads", h.heads());
        c.put("num_key_value_heads", h.kvHeads());
        c.put("head_dim", h.headDim());
        c.put("vocab_size", h.vocab());
        c.put("max_position_embeddings", h.context());
        c.put("rms_norm_eps", 1e-5);
        c.put("rope_theta", 10000.0);
        c.put("tie_word_embeddings", TiedHead.isTied(bin, "tok_embeddings.weight"));
        c.put("bos_token_id", 1);
        c.put("eos_token_id", 2);
        return c;
    }
}
