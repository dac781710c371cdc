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

/// Granite: Llama with four multipliers.
///
/// ```
/// h₀ = e · E[ids]
/// h ← h + m · Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h), scores a · q kᵀ
/// h ← h + m · Wdown · (silu(Wgate n) ∘ Wup n)                    n = rmsNorm(h)
/// logits = Whead · rmsNorm(h) / s
/// ```
///
/// IBM 2024, "Granite 3.0 Language Models"; the multipliers after Yang et al. 2022 (arXiv:2203.03466).
public record Granite() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("granite");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(gguf("granite", "granite").meaning("architectures", List.of("GraniteForCausalLM")));
    }

    /// Rows and multipliers in GGUF files of all Granites.
    static GgufArchitecture gguf(String name, String modelType) {
        return GgufArchitecture.of(name, modelType)
                .withInterleavedRows()
                .real("embedding_scale", "embedding_multiplier", 1)
                .real("residual_scale", "residual_multiplier", 1)
                .real("attention.scale", "attention_multiplier", 1)
                .real("logit_scale", "logits_scaling", 1)
                .meaning("hidden_act", "silu");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("granite", c, weights);
        boolean bias = c.flag("attention_bias", false);
        boolean mlpBias = c.flag("mlp_bias", false);
        float m = (float) c.real("residual_multiplier", 1);
        AttentionSpec spec = p.scoredBy(c.real("attention_multiplier", 1));
        Rotary rotary = p.rotary();
        return p.scaled(c.real("embedding_multiplier", 1))
                .logits(1 / c.real("logits_scaling", 1))
                .decoder(
                        false,
                        (l, w) -> new PreNorm(
                                p.rms(w, "input_layernorm"),
                                p.attention(w, l)
                                        .bias(bias, bias)
                                        .rotary(rotary)
                                        .spec(spec)
                                        .apart()
                                        .times(m),
                                p.rms(w, "post_attention_layernorm"),
                                p.gated(w, Gated.SILU, mlpBias).times(m)));
    }
}
