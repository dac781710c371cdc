package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// OLMoE: Llama with norms of all queries and of all keys of a row, and experts in the place of the feed-forward layer.
///
/// ```
/// h ← h + Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), Wv n)          n = rmsNorm(h)
/// h ← h + Σ_e share_e · Wdown_e (silu(Wgate_e n) ∘ Wup_e n)                n = rmsNorm(h), the k largest of softmax
/// ```
///
/// Muennighoff et al. 2024 (arXiv:2409.02060), section 2.
public record Olmoe() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("olmoe");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("olmoe", "olmoe")
                .meaning("architectures", List.of("OlmoeForCausalLM"))
                .meaning("hidden_act", "silu")
                .fixing("norm_topk_prob", false)
                .experts("num_experts"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("olmoe", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary();
        RowStep clamp = p.clamp("clip_qkv");
        ExpertParts experts = p.experts().wide();
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l)
                                .bias(bias, bias)
                                .rowNorms(p::rms, "q_norm", "k_norm")
                                .all(clamp)
                                .rotary(rotary)
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        experts.usual(w, false)));
    }
}
