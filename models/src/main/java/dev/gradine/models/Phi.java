package dev.gradine.models;

import dev.gradine.autograd.op.Functions;
import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block.Parallel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// Phi-1.5 and Phi-2: attention and feed-forward layer side by side behind one layer norm, and half of each head turns.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n) + W2 · gelu(W1 n)      n = layerNorm(h)
/// logits = Whead · layerNorm(h) + b
/// ```
///
/// Li et al. 2023 (arXiv:2309.05463), section 2.1.
public record Phi() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("phi");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("phi2", "phi")
                .placing("output_norm", "model.final_layernorm")
                .placing("attn_qkv", "self_attn.%s_proj") // of files made from the first Phi-2
                .changing(GgufChange.TOGETHER, "attn_qkv")
                .placing("attn_output", "self_attn.dense")
                .placing("ffn_up", "mlp.fc1")
                .placing("ffn_down", "mlp.fc2")
                .without("ffn_norm", "post_attention_norm")
                .telling("", "attn_q.bias")
                .layerNorms("layer_norm_eps", 1e-5)
                .turning(THETA, PART)
                .meaning("architectures", List.of("PhiForCausalLM"))
                .meaning("hidden_act", "gelu_new"));
    }

    private static final double THETA = 10_000;
    private static final double PART = 0.5;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "gelu_new", "gelu_new", "gelu_pytorch_tanh");
        Parts p = new Parts("phi", c, weights);
        boolean headNorms = c.flag("qk_layernorm", false);
        Rotary rotary = p.rotary(new Usual(THETA, PART), false);
        FeedForwards mlp = p.feedForwards(true);
        return p.named("model.embed_tokens", "model.layers", "model.final_layernorm", "lm_head")
                .lastNorm(p::layerNorm)
                .headBias()
                .decoder(false, (l, w) -> {
                    Norm n = p.layerNorm(w, "input_layernorm");
                    AttentionParts attention = p.attention(w, l)
                            .named("q_proj", "k_proj", "v_proj", "dense")
                            .bias(true, true);
                    if (headNorms) attention.headNorms(p::layerNorm, "q_layernorm", "k_layernorm");
                    SelfAttention made = attention.rotary(rotary).apart();
                    return new Parallel(n, made, mlp.plain(w.at("mlp"), Functions::geluTanh, "fc1", "fc2"));
                });
    }
}
