package dev.gradine.models;

import dev.gradine.models.AttentionParts.Heads;
import dev.gradine.nn.Block.Sandwich;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.ScaledLayer;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.List;
import java.util.Set;

/// Gemma 4, its text models without inputs of their own for each layer: Gemma 3's block with plain norms, wider heads
/// in the layers that see all, and a factor for each layer.
///
/// ```
/// h₀ = √C · E[ids]
/// h ← h + rms(Wo · attention(rope(rms(Wq n)), rope(rms(Wk n)), rms(Wv n)))      n = rms(h), scores q kᵀ
/// h ← s · (h + rms(Wdown · (gelu(Wgate n) ∘ Wup n)))                             n = rms(h)
/// ```
///
/// Gemma Team 2026, "Gemma 4". The norm of values has no weight. In layers that see all, a quarter of the pairs turn,
/// and with `attention_k_eq_v` values are what Wk gives.
public record Gemma4() implements Family {

    private static final int PERIOD = 6; // every sixth layer sees all
    private static final String FULL = "full_attention";

    @Override
    public Set<String> modelTypes() {
        return Set.of("gemma4_text");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("hidden_act", "vocab_size_per_layer_input");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_activation", "gelu_pytorch_tanh", "gelu_pytorch_tanh");
        for (String key :
                List.of("attention_bias", "enable_moe_block", "use_double_wide_mlp", "use_bidirectional_attention")) {
            c.requireOff(key);
        }
        for (String key : List.of("hidden_size_per_layer_input", "num_kv_shared_layers")) {
            if (c.whole(key, 0, 0) > 0) throw c.wrong(key, "0, the only value supported");
        }
        Parts p = new Parts("gemma4", c, weights);
        Layers layers = new Layers(c, p);
        return p.scaled(Math.sqrt(p.hidden()))
                .capped(p.cap("final_logit_softcapping", 30))
                .decoder(
                        true,
                        (l, w) -> new ScaledLayer(
                                new Sandwich(
                                        p.rms(w, "input_layernorm"),
                                        layers.attention(w, l),
                                        p.rms(w, "post_attention_layernorm"),
                                        p.rms(w, "pre_feedforward_layernorm"),
                                        p.gated(w, Gated.GELU_TANH, false),
                                        p.rms(w, "post_feedforward_layernorm")),
                                w.weight("layer_scalar", 1)));
    }

    /// What layers that see all have, and the others.
    private static final class Layers {

        private final Parts p;
        private final List<String> types;
        private final Heads near;
        private final Heads wide;
        private final Rotary nearRotary;
        private final Rotary wideRotary;
        private final Mask window;
        private final boolean keysAreValues;

        Layers(ModelConfig c, Parts p) {
            this.p = p;
            types = p.layerTypes(FULL, "sliding_attention");
            near = p.heads();
            wide = wide(c, near, types);
            nearRotary = p.slidingRotary("rope_local_base_freq", 1e4);
            wideRotary = p.fullRotary(1e6, wide.size());
            window = new Mask.Window(c.positive("sliding_window", 512));
            keysAreValues = c.flag("attention_k_eq_v", false);
        }

        /// Heads of layers that see all: of `per_layer_config`, where those layers are named, or of the keys for them.
        private static Heads wide(ModelConfig c, Heads near, List<String> types) {
            ModelConfig each = c.object("per_layer_config");
            int keys = c.positive("num_global_key_value_heads", near.keys());
            int size = c.positive("global_head_dim", near.size());
            for (int l = 0; l < types.size(); l++) {
                ModelConfig layer = each.object(String.valueOf(l));
                if (layer.isEmpty()) continue;
                if (!types.get(l).equals(FULL))
                    throw each.wrong(String.valueOf(l), "heads of full_attention layers alone");
                keys = layer.positive("num_key_value_heads", keys);
                size = layer.positive("head_dim", size);
            }
            if (near.count() % keys != 0) {
                throw c.wrong("num_global_key_value_heads", "a divisor of num_attention_heads " + near.count());
            }
            return new Heads(near.hidden(), near.count(), keys, size);
        }

        SelfAttention attention(Weights w, int l) {
            boolean seesAll =
                    types.isEmpty() ? (l + 1) % PERIOD == 0 : types.get(l).equals(FULL);
            Heads heads = seesAll ? wide : near;
            AttentionSpec spec = AttentionSpec.causal(heads.count(), heads.keys(), heads.size(), 1);
            AttentionParts parts = p.attention(w, l, heads)
                    .headNorms(p::rms)
                    .rotary(seesAll ? wideRotary : nearRotary)
                    .values(RowStep.perHead(new Norm.BareRms(p.eps()), heads.size()))
                    .spec(seesAll ? spec : spec.with(window));
            return seesAll && keysAreValues ? parts.keysAsValues() : parts.apart();
        }
    }
}
