package dev.gradine.io;

import java.util.List;

/// GGUF's names of tensors and Hugging Face's, without `.weight` and `.bias`. What an architecture calls otherwise is
/// its own to say: `GgufArchitecture.moved`. A name with `%d` stands for one tensor of each expert: a file
/// holds one stack of them all.
final class GgufNames {

    /// @param gguf within a block, or of the whole model
    /// @param hf within a layer, or of the whole model
    record Row(String gguf, String hf) {}

    /// Of the whole model.
    static final List<Row> MODEL = List.of(
            new Row("token_embd", "model.embed_tokens"),
            new Row("output_norm", "model.norm"),
            new Row("output", "lm_head"));

    /// Of every layer.
    static final List<Row> LAYER = List.of(
            new Row("attn_norm", "input_layernorm"),
            new Row("attn_q", "self_attn.q_proj"),
            new Row("attn_q_norm", "self_attn.q_norm"),
            new Row("attn_k", "self_attn.k_proj"),
            new Row("attn_k_norm", "self_attn.k_norm"),
            new Row("attn_v", "self_attn.v_proj"),
            new Row("attn_output", "self_attn.o_proj"),
            new Row("post_attention_norm", "post_attention_layernorm"),
            new Row("ffn_norm", "post_attention_layernorm"),
            new Row("ffn_gate", "mlp.gate_proj"),
            new Row("ffn_up", "mlp.up_proj"),
            new Row("ffn_down", "mlp.down_proj"),
            new Row("post_ffw_norm", "post_feedforward_layernorm"));

    /// Of every layer, beside these, of an architecture whose models have experts.
    static final List<Row> EXPERTS = List.of(
            new Row("ffn_gate_inp", "mlp.gate"),
            new Row("ffn_gate_exps", "mlp.experts.%d.gate_proj"),
            new Row("ffn_up_exps", "mlp.experts.%d.up_proj"),
            new Row("ffn_down_exps", "mlp.experts.%d.down_proj"));

    private GgufNames() {}
}
