package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.ParallelApart;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.Set;
import java.util.function.UnaryOperator;

/// GPT-NeoX and Pythia: attention and feed-forward layer side by side, each behind a layer norm of its own, and a
/// quarter of each head turns.
///
/// ```
/// h ← h + Wo · attention(rope(q), rope(k), v) + W2 · gelu(W1 m)      n, m = layerNorm(h)
/// [q₀ k₀ v₀ | q₁ k₁ v₁ | …] = Wqkv n, by head
/// ```
///
/// Black et al. 2022 (arXiv:2204.06745), section 2.1.
public record GptNeoX() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("gpt_neox");
    }

    private static final double PART = 0.25;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        UnaryOperator<Var> act = Activations.of(c, "hidden_act", "gelu");
        Parts p = new Parts("gpt_neox", c, weights);
        boolean bias = c.flag("attention_bias", true);
        boolean isParallel = c.flag("use_parallel_residual", true);
        Rotary rotary = p.rotary(new Usual(10_000, PART), false);
        FeedForwards mlp = p.feedForwards(true);
        return p.named("gpt_neox.embed_in", "gpt_neox.layers", "gpt_neox.final_layer_norm", "embed_out")
                .lastNorm(p::layerNorm)
                .decoder(false, (l, w) -> {
                    Norm n1 = p.layerNorm(w, "input_layernorm");
                    Mixer mixer = p.attention(w, l, "attention")
                            .named("", "", "", "dense")
                            .bias(bias, bias)
                            .rotary(rotary)
                            .fused("query_key_value", p.heads().count());
                    Norm n2 = p.layerNorm(w, "post_attention_layernorm");
                    FeedForward ffn = mlp.plain(w.at("mlp"), act, "dense_h_to_4h", "dense_4h_to_h");
                    return isParallel ? new ParallelApart(n1, mixer, n2, ffn) : new PreNorm(n1, mixer, n2, ffn);
                });
    }
}
