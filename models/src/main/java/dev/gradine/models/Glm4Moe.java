package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.FeedForward;
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
import java.util.function.IntPredicate;

/// GLM-4.5: Llama's block with biases, norms of heads, half of each head turning, and DeepSeek's experts.
///
/// ```
/// h ← h + Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), Wv n)      n = rmsNorm(h)
/// h ← h + Σ_e share_e · expert_e(n) + shared(n)                        n = rmsNorm(h), σ, the first layers dense
/// ```
///
/// GLM-4.5 Team 2025 (arXiv:2508.06471), section 2.1.
public record Glm4Moe() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("glm4_moe");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("glm4moe", "glm4_moe")
                .experts("n_routed_experts")
                .sharedExpert("mlp.shared_experts")
                .placing("exp_probs_b.bias", "mlp.gate.e_score_correction_bias")
                .without("ffn_norm") // it is the norm behind attention that stands before it
                .telling("use_qk_norm", "attn_q_norm.weight")
                .turning(THETA, PART)
                .whole("expert_feed_forward_length", "moe_intermediate_size")
                .whole("expert_shared_count", "n_shared_experts")
                .whole("leading_dense_block_count", "first_k_dense_replace")
                .whole("expert_group_count", "n_group")
                .whole("expert_group_used_count", "topk_group")
                .real("expert_weights_scale", "routed_scaling_factor", 1)
                .flag("expert_weights_norm", "norm_topk_prob", true)
                .stating("expert_gating_func", 2)
                .meaning("architectures", List.of("Glm4MoeForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("num_nextn_predict_layers");
    }

    private static final double THETA = 10_000;
    private static final double PART = 0.5;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("glm4_moe", c, weights);
        boolean bias = c.flag("attention_bias", false);
        boolean headNorms = c.flag("use_qk_norm", false);
        Rotary rotary = p.rotary(new Usual(THETA, PART), false);
        ExpertParts experts = p.experts();
        IntPredicate isSparse = experts.behindDense(1);
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            SelfAttention attention = p.attention(w, l)
                    .bias(bias, false)
                    .headNorms(headNorms ? p::rms : null)
                    .rotary(rotary)
                    .apart();
            Norm n2 = p.rms(w, "post_attention_layernorm");
            FeedForward ffn = isSparse.test(l) ? experts.deepSeek(w) : p.gated(w, Gated.SILU, false);
            return new PreNorm(n1, attention, n2, ffn);
        });
    }
}
