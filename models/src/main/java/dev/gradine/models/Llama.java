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

/// The Llama family: pre-norm blocks of grouped-query attention and a gated feed-forward layer.
///
/// ```
/// h₀ = E[ids]
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h)
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                    n = rmsNorm(h)
/// logits = Whead · rmsNorm(h)
/// ```
///
/// Touvron et al. 2023 (arXiv:2302.13971), section 2.2. Also SmolLM2, TinyLlama and whatever else has this type.
public record Llama() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("llama");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("llama", "llama")
                .withInterleavedRows()
                .meaning("architectures", List.of("LlamaForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("sliding_window", "pretraining_tp"); // which is 1
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        c.requireOne("pretraining_tp");
        Parts p = new Parts("llama", c, weights);
        boolean bias = c.flag("attention_bias", false);
        boolean mlpBias = c.flag("mlp_bias", false);
        Rotary rotary = p.rotary();
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l).bias(bias, bias).rotary(rotary).apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, mlpBias)));
    }
}
