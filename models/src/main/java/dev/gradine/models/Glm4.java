package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.Block.Sandwich;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// GLM-4: norms before and behind, one layer for gate and up, and neighbours of half of each head turn.
///
/// ```
/// h ← h + rms(Wo · attention(rope(Wq n), rope(Wk n), Wv n))      n = rms(h)
/// h ← h + rms(Wdown · (silu(g) ∘ u))                              [g | u] = Wgate_up n      n = rms(h)
/// ```
///
/// Zeng et al. 2024 (arXiv:2406.12793), section 2. The older `glm` has no norms behind.
public record Glm4() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("glm4", "glm");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("glm4", "glm4")
                .placing("post_attention_norm", "post_self_attn_layernorm")
                .placing("ffn_up", "mlp.gate_up_proj")
                .placing("post_ffw_norm", "post_mlp_layernorm")
                .turning(THETA, PART)
                .meaning("architectures", List.of("Glm4ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final double THETA = 10_000;
    private static final double PART = 0.5;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        boolean isOlder = c.text("model_type", "").equals("glm");
        Parts p = new Parts(isOlder ? "glm" : "glm4", c, weights);
        boolean bias = c.flag("attention_bias", isOlder);
        Rotary rotary = p.rotary(new Usual(THETA, PART), true);
        FeedForwards mlp = p.feedForwards(false);
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            Mixer mixer = p.attention(w, l).bias(bias, false).rotary(rotary).apart();
            Norm n3 = p.rms(w, "post_attention_layernorm");
            FeedForward ffn = mlp.fused(w.at("mlp"), Gated.SILU, "gate_up_proj", "down_proj");
            if (isOlder) return new PreNorm(n1, mixer, n3, ffn);
            return new Sandwich(
                    n1, mixer, p.rms(w, "post_self_attn_layernorm"), n3, ffn, p.rms(w, "post_mlp_layernorm"));
        });
    }
}
