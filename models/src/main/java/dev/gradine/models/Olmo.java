package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// The first OLMo: Llama with layer norms that have neither weight nor bias, and values of q, k and v kept within a
/// bound.
///
/// ```
/// h ← h + Wo · attention(rope(q), rope(k), v)      q, k, v = clamp(W n)      n = (h − mean) / sqrt(var + 1e-5)
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)
/// ```
///
/// Groeneveld et al. 2024 (arXiv:2402.00838), section 2.1.
public record Olmo() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("olmo");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("olmo", "olmo")
                .withInterleavedRows()
                .withoutKeys("attention.layer_norm_rms_epsilon")
                .stating("attention.layer_norm_epsilon", 1e-5f)
                .real("attention.clamp_kqv", "clip_qkv")
                .meaning("architectures", List.of("OlmoForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final Norm BARE = new Norm.BareLayer(1e-5f);

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("olmo", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary();
        RowStep clamp = p.clamp("clip_qkv");
        return p.lastNorm((_, _, _) -> BARE)
                .decoder(
                        false,
                        (l, w) -> new PreNorm(
                                BARE,
                                p.attention(w, l)
                                        .bias(bias, bias)
                                        .all(clamp)
                                        .rotary(rotary)
                                        .apart(),
                                BARE,
                                p.gated(w, Gated.SILU, false)));
    }
}
