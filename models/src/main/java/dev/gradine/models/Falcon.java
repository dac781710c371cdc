package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.Parallel;
import dev.gradine.nn.Block.ParallelApart;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Falcon: attention and feed-forward layer side by side; one key head for all queries (7B), or a group of queries for
/// each (40B, 180B).
///
/// ```
/// 7B    h ← h + Wo · attention(rope(q), rope(k), v) + W2 · gelu(W1 n)      n = layerNorm(h)
/// 40B   h ← h + Wo · attention(rope(q), rope(k), v) + W2 · gelu(W1 m)      n, m = layerNorm(h), one each
/// [q … q k v | …] = Wqkv n, by key head
/// ```
///
/// Almazrouei et al. 2023 (arXiv:2311.16867), section 4.
public record Falcon() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("falcon");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        GgufArchitecture all = GgufArchitecture.of("falcon", "falcon")
                .layers("transformer.h")
                .placing("token_embd", "transformer.word_embeddings")
                .placing("output_norm", "transformer.ln_f")
                .placing("attn_qkv", "self_attention.query_key_value")
                .placing("attn_output", "self_attention.dense")
                .placing("ffn_up", "mlp.dense_h_to_4h")
                .placing("ffn_down", "mlp.dense_4h_to_h")
                .without("ffn_norm", "post_attention_norm")
                .changing(GgufChange.GROUPS, "attn_qkv")
                .calling("attention.head_count_kv", "num_kv_heads")
                .calling("attention.key_length", "")
                .calling("feed_forward_length", "ffn_hidden_size")
                .layerNorms("layer_norm_epsilon", 1e-5)
                .stating("tensor_data_layout", "jploski")
                .meaning("architectures", List.of("FalconForCausalLM"))
                .meaning("multi_query", true)
                .meaning("parallel_attn", true)
                .meaning("new_decoder_architecture", true) // of which the older one is a case: one norm, one key head
                .fixing("bias", false) // of linear layers, which llama.cpp has none of
                .fixing("activation", "gelu");
        return List.of(
                all.meaning("num_ln_in_parallel_attn", 1),
                all.toldBy("attn_norm_2.weight")
                        .placing("attn_norm", "ln_mlp")
                        .placing("attn_norm_2", "ln_attn")
                        .meaning("num_ln_in_parallel_attn", 2));
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.requireOff("alibi");
        UnaryOperator<Var> act = Activations.of(c, "activation", "gelu");
        boolean isNew = c.flag("new_decoder_architecture", false);
        boolean isParallel = c.flag("parallel_attn", true) || isNew;
        boolean bias = c.flag("bias", false);
        Parts p = new Parts("falcon", c, weights, keyHeads(c, isNew));
        int groups = p.heads().keys();
        Rotary rotary = p.rotary();
        int inner = c.positive("ffn_hidden_size", Math.multiplyExact(4, p.hidden()));
        FeedForwards mlp = new FeedForwards(p.hidden(), inner, bias);
        boolean isApart = isNew && c.positive("num_ln_in_parallel_attn", 2) == 2;
        return p.named("transformer.word_embeddings", "transformer.h", "transformer.ln_f", "lm_head")
                .lastNorm(p::layerNorm)
                .decoder(true, (l, w) -> {
                    Norm n1 = p.layerNorm(w, isApart ? "ln_attn" : "input_layernorm");
                    Mixer mixer = p.attention(w, l, "self_attention")
                            .named("", "", "", "dense")
                            .bias(bias, bias)
                            .rotary(rotary)
                            .fused("query_key_value", groups);
                    FeedForward ffn = mlp.plain(w.at("mlp"), act, "dense_h_to_4h", "dense_4h_to_h");
                    if (isApart) return new ParallelApart(n1, mixer, p.layerNorm(w, "ln_mlp"), ffn);
                    if (isParallel) return new Parallel(n1, mixer, ffn);
                    return new PreNorm(n1, mixer, p.layerNorm(w, "post_attention_layernorm"), ffn);
                });
    }

    private static int keyHeads(ModelConfig c, boolean isNew) {
        int heads = c.positive("num_attention_heads");
        int groups = c.positive("num_kv_heads", heads);
        boolean isOne = c.flag("multi_query", true); // said of the new kind, too, where it means nothing
        if (isNew) return groups;
        return isOne ? 1 : heads;
    }
}
