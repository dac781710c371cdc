package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;

/// Gemma: Llama with norms whose weights lie around 0, GELU for a gate, and hidden states that begin √C as large.
///
/// ```
/// h₀ = √C · E[ids]
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rms(h)        rms: weights 1 + w
/// h ← h + Wdown · (gelu(Wgate n) ∘ Wup n)                    n = rms(h)
/// ```
///
/// Gemma Team 2024 (arXiv:2403.08295), section 2. Its files say `gelu` and mean the tanh approximation.
public record Gemma() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("gemma");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gemma", "gemma")
                .withNormPlusOne()
                .meaning("architectures", List.of("GemmaForCausalLM"))
                .meaning("hidden_act", "gelu_pytorch_tanh"));
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "gelu_pytorch_tanh", "gelu_pytorch_tanh", "gelu");
        c.oneOf("hidden_activation", "gelu_pytorch_tanh", "gelu_pytorch_tanh");
        c.requireOff("use_bidirectional_attention");
        Parts p = new Parts("gemma", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary();
        return p.scaled(Math.sqrt(p.hidden()))
                .lastNorm(p::rmsPlusOne)
                .decoder(
                        true,
                        (l, w) -> new PreNorm(
                                p.rmsPlusOne(w, "input_layernorm"),
                                p.attention(w, l)
                                        .bias(bias, bias)
                                        .rotary(rotary)
                                        .apart(),
                                p.rmsPlusOne(w, "post_attention_layernorm"),
                                p.gated(w, Gated.GELU_TANH, false)));
    }
}
