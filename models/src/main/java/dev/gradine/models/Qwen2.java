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

/// Qwen2 and Qwen2.5: Llama's block with biases on queries, keys and values, and none on the output.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n + bq), rope(Wk n + bk), Wv n + bv)      n = rmsNorm(h)
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                                   n = rmsNorm(h)
/// ```
///
/// Yang et al. 2024 (arXiv:2407.10671), section 2.2.
public record Qwen2() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("qwen2", "qwen2")
                .meaning("architectures", List.of("Qwen2ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("attention_bias");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("qwen2", c, weights);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.masks();
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l)
                                .bias(true, false)
                                .rotary(rotary)
                                .spec(masks.apply(l))
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, false)));
    }
}
