package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/// Qwen3-Next: three of four layers have a recurrence in the place of attention, and all have many
/// experts.
///
/// ```
/// h ← h + mix(n)                n = rms(h), mix: the gated delta rule, or attention with gates
/// h ← h + Σ_e share_e · expert_e(n) + σ(n wᵀ) · shared(n)         n = rms(h)
/// rms(x) = x / sqrt(mean(x²) + eps) · (1 + w)
/// ```
///
/// Qwen Team 2025, "Qwen3-Next"; Yang, Kautz & Hatamizadeh 2024 (arXiv:2412.06464). `GatedDeltaNet`
/// has the formula of the recurrence. A quarter of a head's channels turn by their position.
public record Qwen3Next() implements Family {

    /// What turns, where the configuration does not say.
    static final Usual ROPE = new Usual(10_000, 0.25);

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen3_next");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(DeltaParts.gguf("qwen3next", "qwen3_next")
                .without("attn_qkv")
                .placing("ssm_in", "linear_attn.in_proj_qkvz") // of older files
                .pairing(
                        GgufChange.GATES_APART,
                        "attn_qkv.weight",
                        "attn_gate.weight",
                        "linear_attn.in_proj_qkvz.weight")
                .placing("ssm_ba", "linear_attn.in_proj_ba")
                .experts("num_experts")
                .sharedExpert("mlp.shared_expert")
                .placing("ffn_gate_inp_shexp", "mlp.shared_expert_gate")
                .whole("expert_feed_forward_length", "moe_intermediate_size")
                .whole("expert_shared_feed_forward_length", "shared_expert_intermediate_size")
                .usually("norm_topk_prob", true)
                .usually("decoder_sparse_step", 1)
                .meaning("architectures", List.of("Qwen3NextForCausalLM")));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "intermediate_size");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("qwen3_next", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary(ROPE, false);
        DeltaParts delta = DeltaParts.of(c, p);
        IntPredicate attends = DeltaParts.attends(c, p);
        ExpertParts experts = p.experts();
        FeedForwards shared = new FeedForwards(p.hidden(), c.positive("shared_expert_intermediate_size", 512), false);
        return p.lastNorm(p::rmsPlusOne).decoder(false, (l, w) -> {
            Norm n1 = p.rmsPlusOne(w, "input_layernorm");
            Mixer mixer = attends.test(l) ? delta.attention(w, l, rotary, bias) : delta.grouped(w, l);
            Norm n2 = p.rmsPlusOne(w, "post_attention_layernorm");
            FeedForward ffn =
                    experts.isSparse(l) ? experts.withGatedShared(w, shared, true) : p.gated(w, Gated.SILU, false);
            return new PreNorm(n1, mixer, n2, ffn);
        });
    }
}
