package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Experts;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Router;
import dev.gradine.nn.RouterRules.Shares;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.nn.WithShared;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;

/// Granite with experts in the place of the feed-forward layer; the shared kind has one beside them for every token.
///
/// ```
/// h ← h + m · (Σ_e share_e · Wout_e (silu(g) ∘ u) + shared(n))      [g | u] = Win_e n      n = rmsNorm(h)
/// share = softmax over the k largest logits
/// ```
///
/// IBM 2024, "Granite 3.0 Language Models". `Granite` has the rest.
public record GraniteMoe() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("granitemoe", "granitemoeshared");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(
                gguf("granitemoeshared")
                        .toldBy("ffn_gate_shexp.weight")
                        .pairing(
                                GgufChange.HALVES,
                                "ffn_gate_shexp.weight",
                                "ffn_up_shexp.weight",
                                "shared_mlp.input_linear.weight")
                        .placing("ffn_down_shexp", "shared_mlp.output_linear")
                        .whole("expert_shared_feed_forward_length", "shared_intermediate_size")
                        .meaning("architectures", List.of("GraniteMoeSharedForCausalLM")),
                gguf("granitemoe").meaning("architectures", List.of("GraniteMoeForCausalLM")));
    }

    private static GgufArchitecture gguf(String modelType) {
        return Granite.gguf("granitemoe", modelType)
                .experts("num_local_experts")
                .placing("ffn_gate_inp", "block_sparse_moe.router.layer")
                .without("ffn_gate_exps", "ffn_up_exps", "ffn_down_exps") // they have other endings
                .pairing(
                        GgufChange.HALVES,
                        "ffn_gate_exps.weight",
                        "ffn_up_exps.weight",
                        "block_sparse_moe.input_linear.weight")
                .placing("ffn_down_exps.weight", "block_sparse_moe.output_linear.weight");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("granitemoe", c, weights);
        boolean bias = c.flag("attention_bias", false);
        float m = (float) c.real("residual_multiplier", 1);
        AttentionSpec spec = p.scoredBy(c.real("attention_multiplier", 1));
        Rotary rotary = p.rotary();
        ExpertParts experts = p.experts().wide();
        int shared = c.whole("shared_intermediate_size", 0, 0);
        return p.scaled(c.real("embedding_multiplier", 1))
                .logits(1 / c.real("logits_scaling", 1))
                .decoder(false, (l, w) -> {
                    Norm n1 = p.rms(w, "input_layernorm");
                    SelfAttention attention = p.attention(w, l)
                            .bias(bias, bias)
                            .rotary(rotary)
                            .spec(spec)
                            .apart();
                    Norm n2 = p.rms(w, "post_attention_layernorm");
                    return new PreNorm(
                            n1,
                            attention.times(m),
                            n2,
                            experts(experts, w, p.hidden(), shared).times(m));
                });
    }

    private static FeedForward experts(ExpertParts parts, Weights w, int hidden, int shared) {
        Router router = parts.logitsFirst(w, "block_sparse_moe.router.layer", false, Shares.SOFTMAX);
        Experts experts = parts.granite(w, router);
        if (shared == 0) return experts;
        FeedForward all = new FeedForwards(hidden, shared, false)
                .fused(w.at("shared_mlp"), Gated.SILU, "input_linear", "output_linear");
        return new WithShared(experts, all, null);
    }
}
