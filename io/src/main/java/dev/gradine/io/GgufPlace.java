package dev.gradine.io;

import java.util.ArrayList;
import java.util.List;

/// A tensor's name in GGUF files and in Hugging Face's, without `.weight` and `.bias`, and what the file does to its
/// values.
///
/// @param gguf within a block, or of the whole model; with its ending where Hugging Face's name ends otherwise
/// @param hf within a layer, or of the whole model; with `%d` for one tensor of each expert or head, of which a file
///     holds one stack; with `%s` for q, k and v, which are one tensor of the file
/// @param changes one after the other, on the way into the file
/// @param second of two tensors that are one of Hugging Face's, one above the other; empty for none
record GgufPlace(String gguf, String hf, List<GgufChange> changes, String second) {

    GgufPlace(String gguf, String hf, List<GgufChange> changes) {
        this(gguf, hf, changes, "");
    }

    /// Of the whole model, in most architectures; a name that is empty has no place in them.
    static final List<GgufPlace> MODEL = List.of(
            of("token_embd", "model.embed_tokens"),
            of("position_embd", ""),
            of("token_embd_norm", ""),
            of("output_norm", "model.norm"),
            of("output", "lm_head"));

    /// Of every layer, in most architectures. Two of them may name one module of Hugging Face's: the later
    /// one is that of the architectures with fewer norms.
    static final List<GgufPlace> LAYER = List.of(
            of("attn_norm", "input_layernorm"),
            of("attn_qkv", "self_attn.qkv_proj"),
            of("attn_q", "self_attn.q_proj"),
            of("attn_q_norm", "self_attn.q_norm"),
            of("attn_k", "self_attn.k_proj"),
            of("attn_k_norm", "self_attn.k_norm"),
            of("attn_v", "self_attn.v_proj"),
            of("attn_output", "self_attn.o_proj"),
            of("post_attention_norm", "post_attention_layernorm"),
            of("ffn_norm", "post_attention_layernorm"),
            of("ffn_gate", "mlp.gate_proj"),
            of("ffn_up", "mlp.up_proj"),
            of("ffn_down", "mlp.down_proj"),
            of("post_ffw_norm", "post_feedforward_layernorm"));

    /// Of every layer, beside these, of an architecture whose models have experts.
    static final List<GgufPlace> EXPERTS = List.of(
            of("ffn_gate_inp", "mlp.gate"),
            of("ffn_gate_exps", "mlp.experts.%d.gate_proj"),
            of("ffn_up_exps", "mlp.experts.%d.up_proj"),
            of("ffn_down_exps", "mlp.experts.%d.down_proj"));

    /// Of every layer, beside these, where all tokens have one expert, too.
    static final List<GgufPlace> SHARED = List.of(
            of("ffn_gate_shexp", "gate_proj"), of("ffn_up_shexp", "up_proj"), of("ffn_down_shexp", "down_proj"));

    private static GgufPlace of(String gguf, String hf) {
        return new GgufPlace(gguf, hf, List.of());
    }

    /// Vectors that llama.cpp names without an ending.
    private static final List<String> ENDLESS = List.of("ssm_a", "ssm_d");

    /// The same with one change more.
    GgufPlace changed(GgufChange more) {
        List<GgufChange> all = new ArrayList<>(changes);
        all.add(more);
        return new GgufPlace(gguf, hf, all, second);
    }

    /// What is done to its values in a model of so many heads.
    StoredChange change(GgufHeads heads) {
        return StoredChange.all(changes.stream().map(c -> c.of(heads)).toList());
    }

    /// How two tensors are one.
    ///
    /// @param rows of both
    StoredPair pair(GgufHeads heads, int rows) {
        return changes.getFirst().pair(heads, gguf.endsWith(".bias"), rows);
    }

    /// Whether values get 1 added.
    boolean addsOne() {
        return changes.contains(GgufChange.PLUS_ONE);
    }

    /// Whether two tensors of the file are one.
    boolean isPair() {
        return !second.isEmpty();
    }

    /// Whether the file holds one stack of all.
    boolean isStack() {
        return hf.contains("%d");
    }

    /// What follows the name in both, one of these; nothing where the names have their own endings.
    List<String> endings() {
        return gguf.contains(".") || ENDLESS.contains(gguf) ? List.of("") : List.of(".weight", ".bias");
    }

    boolean isNorm() {
        return gguf.endsWith("norm");
    }
}
