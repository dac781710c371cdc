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

/// Mistral: Llama with a window over the last keys in every layer, where its file gives one.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h), of the last w keys
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                    n = rmsNorm(h)
/// ```
///
/// Jiang et al. 2023 (arXiv:2310.06825), section 2.
public record Mistral() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("mistral");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("llama", "mistral")
                .withInterleavedRows()
                .windowsUnseen()
                .toldBy("attention.sliding_window") // without one it is a Llama
                .meaning("architectures", List.of("MistralForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("mistral", c, weights);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windowEverywhere(true);
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l).rotary(rotary).spec(masks.apply(l)).apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, false)));
    }
}
