package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.Parallel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Cohere's Command R: attention and feed-forward layer side by side behind one layer norm without bias, neighbours
/// turn.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n) + Wdown · (silu(Wgate n) ∘ Wup n)      n = layerNorm(h)
/// logits = s · Whead · layerNorm(h)
/// ```
///
/// Cohere 2024, "Command R". Command R7B (`cohere2`) sees a window in three of four layers, and has no positions in the
/// others.
public record Cohere() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("cohere", "cohere2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(
                of("command-r", "cohere")
                        .telling("use_qk_norm", "attn_q_norm.weight")
                        .meaning("architectures", List.of("CohereForCausalLM")),
                of("cohere2", "cohere2").windows(PERIOD).meaning("architectures", List.of("Cohere2ForCausalLM")));
    }

    private static GgufArchitecture of(String name, String modelType) {
        return GgufArchitecture.of(name, modelType)
                .without("output", "ffn_norm", "post_attention_norm")
                .layerNorms("layer_norm_eps", 1e-5)
                .real("logit_scale", "logit_scale", LOGIT_SCALE)
                .stating("rope.scaling.type", "none")
                .meaning("hidden_act", "silu");
    }

    private static final double LOGIT_SCALE = 0.0625;
    private static final int PERIOD = 4; // every fourth layer of the second sees all

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        boolean isSecond = c.text("model_type", "").equals("cohere2");
        Parts p = new Parts(isSecond ? "cohere2" : "cohere", c, weights);
        boolean bias = c.flag("attention_bias", false);
        boolean headNorms = !isSecond && c.flag("use_qk_norm", false);
        Rotary rotary = p.rotary(Usual.LLAMA, true);
        int period = c.positive("sliding_window_pattern", c.positive("_sliding_window_pattern", PERIOD));
        IntFunction<AttentionSpec> masks = p.windows(p.causal(), isSecond, l -> (l + 1) % period != 0);
        return p.lastNorm(p::layerNormWithoutBias)
                .logits(c.real("logit_scale", LOGIT_SCALE))
                .decoder(true, (l, w) -> {
                    Norm n = p.layerNormWithoutBias(w, "input_layernorm");
                    boolean turns = !isSecond || !masks.apply(l).equals(p.causal());
                    SelfAttention attention = p.attention(w, l)
                            .bias(bias, bias)
                            .normsOfHeads(headNorms, p.eps())
                            .rotary(turns ? rotary : null)
                            .spec(masks.apply(l))
                            .apart();
                    return new Parallel(n, attention, p.gated(w, Gated.SILU, false));
                });
    }
}
