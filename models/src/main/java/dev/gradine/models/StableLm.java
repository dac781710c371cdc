package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.Parallel;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// StableLM: Llama with layer norms, and heads of which a part turns.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = layerNorm(h)
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                    n = layerNorm(h), or the same n beside attention
/// ```
///
/// Bellagente et al. 2024 (arXiv:2402.17834), section 3.1.
public record StableLm() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("stablelm");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("stablelm", "stablelm")
                .placing("attn_q_norm", "self_attn.q_layernorm.norms.%d")
                .placing("attn_k_norm", "self_attn.k_layernorm.norms.%d")
                .telling("use_qkv_bias", "attn_q.bias")
                .telling("qk_layernorm", "attn_q_norm.weight")
                .layerNorms("layer_norm_eps", 1e-5)
                .turning(THETA, PART)
                .flag("use_parallel_residual", "use_parallel_residual", false)
                .meaning("architectures", List.of("StableLmForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final double THETA = 10_000;
    private static final double PART = 0.25;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("stablelm", c, weights);
        boolean bias = c.flag("use_qkv_bias", false);
        boolean isParallel = c.flag("use_parallel_residual", false);
        boolean headNorms = c.flag("qk_layernorm", false);
        Rotary rotary = p.rotary(new Usual(THETA, PART), false);
        return p.lastNorm(p::layerNorm).decoder(false, (l, w) -> {
            Norm n1 = p.layerNorm(w, "input_layernorm");
            SelfAttention attention = p.attention(w, l)
                    .bias(bias, false)
                    .ownHeadNorms(headNorms, p.eps())
                    .rotary(rotary)
                    .apart();
            if (isParallel) return new Parallel(n1, attention, p.gated(w, Gated.SILU, false));
            Norm n2 = p.layerNorm(w, "post_attention_layernorm");
            return new PreNorm(n1, attention, n2, p.gated(w, Gated.SILU, false));
        });
    }
}
