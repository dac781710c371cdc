package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Qwen3 with many experts in the place of the feed-forward layer.
///
/// ```
/// h ← h + Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), Wv n)          n = rmsNorm(h), rms per head
/// h ← h + Σ_e share_e · Wdown_e (silu(Wgate_e n) ∘ Wup_e n)                n = rmsNorm(h), the k largest of softmax
/// ```
///
/// Yang et al. 2025 (arXiv:2505.09388), section 2. Layers that `mlp_only_layers` names, and those that
/// `decoder_sparse_step` leaves out, have Qwen3's own feed-forward layer.
public record Qwen3Moe() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen3_moe");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("qwen3moe", "qwen3_moe")
                .meaning("architectures", List.of("Qwen3MoeForCausalLM"))
                .meaning("hidden_act", "silu")
                .fixing("norm_topk_prob", true)
                .fixing("decoder_sparse_step", 1)
                .experts("num_experts")
                .whole("expert_feed_forward_length", "moe_intermediate_size"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "intermediate_size");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("qwen3_moe", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.masks();
        ExpertParts experts = p.experts();
        return p.decoder(false, (l, w) -> {
            FeedForward ffn = experts.isSparse(l) ? experts.usual(w, false) : p.gated(w, Gated.SILU, false);
            return new PreNorm(
                    p.rms(w, "input_layernorm"),
                    p.attention(w, l)
                            .bias(bias, bias)
                            .headNorms(p::rms)
                            .rotary(rotary)
                            .spec(masks.apply(l))
                            .apart(),
                    p.rms(w, "post_attention_layernorm"),
                    ffn);
        });
    }
}
