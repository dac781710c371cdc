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

/// Gemma 2: norms before and after each part, bounded scores and logits, and a sliding window in every second layer.
///
/// ```
/// h₀ = √C · E[ids]
/// h ← h + rms(Wo · attention(rope(Wq n), rope(Wk n), Wv n))      n = rms(h)       rms: weights 1 + w
/// h ← h + rms(Wdown · (gelu(Wgate n) ∘ Wup n))                    n = rms(h)
/// scores = 50 · tanh(q·k / (50 · √query_pre_attn_scalar))          logits = 30 · tanh(E rms(h) / 30)
/// ```
///
/// Gemma Team 2024 (arXiv:2408.00118), section 2. Layers 0, 2, 4 … see a window, unless `layer_types` says otherwise.
public record Gemma2() implements Family {

    private static final int PERIOD = 2; // every second layer sees all
    private static final int LAYERS_OF_27B = 46; // whose query_pre_attn_scalar is no key's width, and in no GGUF file

    @Override
    public Set<String> modelTypes() {
        return Set.of("gemma2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gemma2", "gemma2")
                .withNormPlusOne()
                .scaledByWidthAt(LAYERS_OF_27B)
                .placing("ffn_norm", "pre_feedforward_layernorm")
                .meaning("architectures", List.of("Gemma2ForCausalLM"))
                .meaning("hidden_activation", "gelu_pytorch_tanh")
                .real("attn_logit_softcapping", "attn_logit_softcapping", 50)
                .real("final_logit_softcapping", "final_logit_softcapping", 30)
                .whole("attention.key_length", "query_pre_attn_scalar")
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
        Parts p = new Parts("gemma2", c, weights);
        AttentionSpec spec =
                p.causal(c.positive("query_pre_attn_scalar", 256)).withSoftCap(p.cap("attn_logit_softcapping", 50));
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windows(spec, true, l -> (l + 1) % PERIOD != 0);
        return p.scaled(Math.sqrt(p.hidden()))
                .lastNorm(p::rmsPlusOne)
                .capped(p.cap("final_logit_softcapping", 30))
                .decoder(
                        true,
                        (l, w) -> new Sandwich(
                                p.rmsPlusOne(w, "input_layernorm"),
                                p.attention(w, l)
                                        .rotary(rotary)
                                        .spec(masks.apply(l))
                                        .apart(),
                                p.rmsPlusOne(w, "post_attention_layernorm"),
                                p.rmsPlusOne(w, "pre_feedforward_layernorm"),
                                p.gated(w, Gated.GELU_TANH, false),
                                p.rmsPlusOne(w, "post_feedforward_layernorm")));
    }
}
