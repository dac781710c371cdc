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

/// Qwen3: Llama's block with a root-mean-square norm of each head of q and k before rotation.
///
/// ```
/// h ← h + Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), Wv n)      n = rmsNorm(h), rms per head
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                              n = rmsNorm(h)
/// ```
///
/// Yang et al. 2025 (arXiv:2505.09388), section 2.
public record Qwen3() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen3");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("qwen3", "qwen3")
                .meaning("architectures", List.of("Qwen3ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("qwen3", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.masks();
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l)
                                .bias(bias, bias)
                                .headNorms(p::rms)
                                .rotary(rotary)
                                .spec(masks.apply(l))
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, false)));
    }
}
