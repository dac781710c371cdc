package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PostNorm;
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

/// OLMo 2: norms behind each part in place of before it, and norms of all queries and of all keys of a row.
///
/// ```
/// h ← h + rms(Wo · attention(rope(rms(Wq h)), rope(rms(Wk h)), Wv h))
/// h ← h + rms(Wdown · (silu(Wgate h) ∘ Wup h))
/// ```
///
/// OLMo Team 2025 (arXiv:2501.00656), section 2.1. OLMo 3 (arXiv:2512.13961) has windows in three of four layers, which
/// turn by plain frequencies while the others have yarn.
public record Olmo2() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("olmo2", "olmo3");
    }

    private static final double THETA = 5e5;
    private static final int PERIOD = 4; // every fourth layer of OLMo 3 sees all

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(
                gguf("olmo2").meaning("architectures", List.of("Olmo2ForCausalLM")),
                gguf("olmo3")
                        .toldBy("attention.sliding_window")
                        .windows(PERIOD)
                        .meaning("architectures", List.of("Olmo3ForCausalLM")));
    }

    private static GgufArchitecture gguf(String modelType) {
        return GgufArchitecture.of("olmo2", modelType)
                .placing("ffn_norm", "pre_feedforward_layernorm") // there is none: norms stand behind
                .turning(THETA, 1)
                .meaning("hidden_act", "silu");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        boolean isThird = c.text("model_type", "").equals("olmo3");
        Parts p = new Parts(isThird ? "olmo3" : "olmo2", c, weights);
        boolean bias = c.flag("attention_bias", false);
        IntFunction<AttentionSpec> masks = p.windows(p.causal(), isThird, l -> (l + 1) % PERIOD != 0);
        IntFunction<Rotary> rotary = isThird ? byMask(p, masks) : same(p.rotary(new Usual(THETA, 1), false));
        return p.decoder(
                false,
                (l, w) -> new PostNorm(
                        p.attention(w, l)
                                .bias(bias, bias)
                                .rowNorms(p::rms, "q_norm", "k_norm")
                                .rotary(rotary.apply(l))
                                .spec(masks.apply(l))
                                .apart(),
                        p.rms(w, "post_attention_layernorm"),
                        p.gated(w, Gated.SILU, false),
                        p.rms(w, "post_feedforward_layernorm")));
    }

    private static IntFunction<Rotary> same(Rotary rotary) {
        return _ -> rotary;
    }

    private static IntFunction<Rotary> byMask(Parts p, IntFunction<AttentionSpec> masks) {
        Rotary all = p.fullRotary(THETA);
        Rotary near = p.slidingRotary("rope_theta", THETA);
        return l -> masks.apply(l).equals(p.causal()) ? all : near;
    }
}
