package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.ParallelApart;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// GPT-NeoX and Pythia: attention and feed-forward layer side by side, each behind a layer norm of its own, and a
/// quarter of each head turns.
///
/// ```
/// h ← h + Wo · attention(rope(q), rope(k), v) + W2 · gelu(W1 m)      n, m = layerNorm(h)
/// [q₀ k₀ v₀ | q₁ k₁ v₁ | …] = Wqkv n, by head
/// ```
///
/// Black et al. 2022 (arXiv:2204.06745), section 2.1.
public record GptNeoX() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("gpt_neox");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gptneox", "gpt_neox")
                .layers("gpt_neox.layers")
                .placing("token_embd", "gpt_neox.embed_in")
                .placing("output_norm", "gpt_neox.final_layer_norm")
                .placing("output", "embed_out")
                .placing("attn_qkv", "attention.query_key_value")
                .placing("attn_output", "attention.dense")
                .placing("ffn_up", "mlp.dense_h_to_4h")
                .placing("ffn_down", "mlp.dense_4h_to_h")
                .changing(GgufChange.GROUPS, "attn_qkv")
                .telling("attention_bias", "attn_qkv.bias")
                .calling("attention.head_count_kv", "")
                .calling("attention.key_length", "")
                .layerNorms("layer_norm_eps", 1e-5)
                .turning(THETA, PART)
                .flag("use_parallel_residual", "use_parallel_residual", true)
                .meaning("architectures", List.of("GPTNeoXForCausalLM"))
                .fixing("hidden_act", "gelu"));
    }

    private static final double THETA = 10_000;
    private static final double PART = 0.25;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        UnaryOperator<Var> act = Activations.of(c, "hidden_act", "gelu");
        Parts p = new Parts("gpt_neox", c, weights);
        boolean bias = c.flag("attention_bias", true);
        boolean isParallel = c.flag("use_parallel_residual", true);
        Rotary rotary = p.rotary(new Usual(THETA, PART), false);
        FeedForwards mlp = p.feedForwards(true);
        return p.named("gpt_neox.embed_in", "gpt_neox.layers", "gpt_neox.final_layer_norm", "embed_out")
                .lastNorm(p::layerNorm)
                .decoder(false, (l, w) -> {
                    Norm n1 = p.layerNorm(w, "input_layernorm");
                    Mixer mixer = p.attention(w, l, "attention")
                            .named("", "", "", "dense")
                            .bias(bias, bias)
                            .rotary(rotary)
                            .fused("query_key_value", p.heads().count());
                    Norm n2 = p.layerNorm(w, "post_attention_layernorm");
                    FeedForward ffn = mlp.plain(w.at("mlp"), act, "dense_h_to_4h", "dense_4h_to_h");
                    return isParallel ? new ParallelApart(n1, mixer, n2, ffn) : new PreNorm(n1, mixer, n2, ffn);
                });
    }
}
