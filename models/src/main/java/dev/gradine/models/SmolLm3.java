package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/// SmolLM3: Llama in which every fourth layer has no position embedding.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h), without rope in layers 3, 7, 11, …
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)                    n = rmsNorm(h)
/// ```
///
/// Bakouch et al. 2025, "SmolLM3"; layers without positions: Yang et al. 2025 (arXiv:2501.18795).
public record SmolLm3() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("smollm3");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("smollm3", "smollm3")
                .withInterleavedRows()
                .turning(THETA, 1)
                .layersWithoutTurning(PERIOD)
                .meaning("architectures", List.of("SmolLM3ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final double THETA = 2e6;
    private static final int PERIOD = 4; // every fourth layer has no positions

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("smollm3", c, weights);
        boolean bias = c.flag("attention_bias", false);
        boolean mlpBias = c.flag("mlp_bias", false);
        Rotary rotary = p.rotary(new Usual(THETA, 1), false);
        IntFunction<AttentionSpec> masks = p.masks();
        IntPredicate turns = p.layersWithRope();
        return p.decoder(
                true,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l)
                                .bias(bias, bias)
                                .rotary(turns.test(l) ? rotary : null)
                                .spec(masks.apply(l))
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, mlpBias)));
    }
}
