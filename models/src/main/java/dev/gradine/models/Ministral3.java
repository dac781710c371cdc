package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufKey;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Ministral 3: Mistral with yarn, and queries that grow with their position.
///
/// ```
/// q ← τ(p) · rope(Wq n)        τ(p) = 1 + β · ln(1 + ⌊p / L⌋)        n = rmsNorm(h)
/// ```
///
/// Mistral AI 2025; β and the original length L stand among the rotary parameters. What else there is, `Mistral` has.
public record Ministral3() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("ministral3");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("mistral3", "ministral3")
                .withInterleavedRows()
                .real(GgufKey.GROWTH, "")
                .meaning("architectures", List.of("Ministral3ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("ministral3", c, weights);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windowEverywhere(false);
        RowStep growing = growing(c.object("rope_parameters"));
        return p.decoder(
                false,
                (l, w) -> new PreNorm(
                        p.rms(w, "input_layernorm"),
                        p.attention(w, l)
                                .rotary(rotary)
                                .queries(growing)
                                .spec(masks.apply(l))
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, false)));
    }

    private static RowStep growing(ModelConfig rope) {
        double beta = rope.atLeastZero("llama_4_scaling_beta", 0);
        return beta == 0 ? RowStep.NONE : RowStep.tempered(beta, rope.real("original_max_position_embeddings"), 0);
    }
}
