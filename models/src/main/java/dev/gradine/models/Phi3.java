package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
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

/// Phi-3, Phi-3.5 and Phi-4: Llama with one layer for q, k and v, one for gate and up, and longrope.
///
/// ```
/// h ← h + Wo · attention(rope(q), rope(k), v)      [q | k | v] = Wqkv n      n = rmsNorm(h)
/// h ← h + Wdown · (silu(g) ∘ u)                     [g | u] = Wgate_up n      n = rmsNorm(h)
/// ```
///
/// Abdin et al. 2024 (arXiv:2404.14219), section 2.
public record Phi3() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("phi3");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("phi3", "phi3")
                .placing("ffn_up", "mlp.gate_up_proj")
                .windowsUnseen()
                .turningByLength()
                .meaning("architectures", List.of("Phi3ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("attention_bias");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("phi3", c, weights);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windowEverywhere(false);
        FeedForwards mlp = p.feedForwards(false);
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l).rotary(rotary).spec(masks.apply(l)).fused("qkv_proj", 1),
                        p.rms(w, "post_attention_layernorm"),
                        mlp.fused(w.at("mlp"), Gated.SILU, "gate_up_proj", "down_proj")));
    }
}
