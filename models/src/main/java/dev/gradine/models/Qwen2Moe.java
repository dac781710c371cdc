package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Qwen2 with many experts in the place of the feed-forward layer, and one that every token has.
///
/// ```
/// h ← h + Σ_e share_e · expert_e(n) + σ(n wᵀ) · shared(n)        n = rmsNorm(h), the k largest of softmax
/// ```
///
/// Yang et al. 2024 (arXiv:2407.10671), section 2.2.2.
public record Qwen2Moe() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen2_moe");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("qwen2moe", "qwen2_moe")
                .experts("num_experts")
                .sharedExpert("mlp.shared_expert")
                .placing("ffn_gate_inp_shexp", "mlp.shared_expert_gate")
                .telling("qkv_bias", "attn_q.bias")
                .whole("expert_feed_forward_length", "moe_intermediate_size")
                .whole("expert_shared_feed_forward_length", "shared_expert_intermediate_size")
                .meaning("architectures", List.of("Qwen2MoeForCausalLM"))
                .meaning("hidden_act", "silu")
                .fixing("norm_topk_prob", false)
                .fixing("decoder_sparse_step", 1));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "sliding_window");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("qwen2_moe", c, weights);
        boolean bias = c.flag("qkv_bias", true);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.masks();
        ExpertParts experts = p.experts();
        FeedForwards shared = new FeedForwards(p.hidden(), c.positive("shared_expert_intermediate_size"), false);
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            SelfAttention attention = p.attention(w, l)
                    .bias(bias, false)
                    .rotary(rotary)
                    .spec(masks.apply(l))
                    .apart();
            Norm n2 = p.rms(w, "post_attention_layernorm");
            if (!experts.isSparse(l)) return new PreNorm(n1, attention, n2, p.gated(w, Gated.SILU, false));
            return new PreNorm(n1, attention, n2, experts.withGatedShared(w, shared, false));
        });
    }
}
