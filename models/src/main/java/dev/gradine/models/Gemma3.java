package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.Sandwich;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Gemma 3, its text models: Gemma 2's block with norms of heads in place of bounded scores.
///
/// ```
/// h₀ = √C · E[ids]
/// h ← h + rms(Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), Wv n))      n = rms(h)       rms: weights 1 + w
/// h ← h + rms(Wdown · (gelu(Wgate n) ∘ Wup n))                              n = rms(h)
/// ```
///
/// Gemma Team 2025 (arXiv:2503.19786), section 2. Five of six layers see a window and turn by another base θ, unless
/// `layer_types` says otherwise.
public record Gemma3() implements Family {

    private static final int PERIOD = 6; // every sixth layer sees all
    private static final int LAYERS_OF_27B = 62; // whose query_pre_attn_scalar is no key's width, and in no GGUF file

    @Override
    public Set<String> modelTypes() {
        return Set.of("gemma3_text");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gemma3", "gemma3_text")
                .withNormPlusOne()
                .scaledByWidthAt(LAYERS_OF_27B)
                .placing("ffn_norm", "pre_feedforward_layernorm")
                .meaning("architectures", List.of("Gemma3ForCausalLM"))
                .meaning("hidden_activation", "gelu_pytorch_tanh")
                .whole("attention.key_length", "query_pre_attn_scalar")
                .turning(1e6, 1)
                .real("rope.freq_base_swa", "rope_local_base_freq", 1e4)
                .real("final_logit_softcapping", "final_logit_softcapping")
                .windows(PERIOD));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("hidden_act");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_activation", "gelu_pytorch_tanh", "gelu_pytorch_tanh");
        c.requireOff("attention_bias");
        c.requireOff("use_bidirectional_attention");
        Parts p = new Parts("gemma3", c, weights);
        AttentionSpec spec = p.causal(c.positive("query_pre_attn_scalar", 256))
                .withSoftCap((float) c.real("attn_logit_softcapping", 0));
        int period = c.positive("sliding_window_pattern", c.positive("_sliding_window_pattern", PERIOD));
        IntFunction<AttentionSpec> windows = p.windows(spec, true, l -> (l + 1) % period != 0);
        Rotary all = p.fullRotary(1e6);
        Rotary near = p.slidingRotary("rope_local_base_freq", 1e4);
        IntFunction<Rotary> rotary = l -> windows.apply(l).equals(spec) ? all : near;
        return p.scaled(Math.sqrt(p.hidden()))
                .lastNorm(p::rmsPlusOne)
                .capped((float) c.real("final_logit_softcapping", 0))
                .decoder(
                        true,
                        (l, w) -> new Sandwich(
                                p.rmsPlusOne(w, "input_layernorm"),
                                p.attention(w, l)
                                        .headNorms(p::rmsPlusOne)
                                        .rotary(rotary.apply(l))
                                        .spec(windows.apply(l))
                                        .apart(),
                                p.rmsPlusOne(w, "post_attention_layernorm"),
                                p.rmsPlusOne(w, "pre_feedforward_layernorm"),
                                p.gated(w, Gated.GELU_TANH, false),
                                p.rmsPlusOne(w, "post_feedforward_layernorm")));
    }
}
