package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufMixing;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalConvolution;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.ShortConvolution;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// LFM2: most layers convolve the last few tokens in the place of attention.
///
/// ```
/// h ← h + mix(n)                            n = rmsNorm(h), mix: attention with norms of heads, or a short convolution
/// h ← h + W2 · (silu(W1 n) ∘ W3 n)          n = rmsNorm(h)
/// ```
///
/// Liquid AI 2025 (arXiv:2511.23404), section 2; `ShortConvolution` has the formula of the others.
public record Lfm2() implements Family {

    private static final double THETA = 1e6;
    private static final String ATTENDS = "full_attention";
    private static final String CONVOLVES = "conv";

    @Override
    public Set<String> modelTypes() {
        return Set.of("lfm2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("lfm2", "lfm2")
                .without("output_norm", "post_attention_norm")
                .placing("token_embd_norm", "model.embedding_norm") // the last norm, whatever its name
                .placing("attn_norm", "operator_norm")
                .placing("attn_output", "self_attn.out_proj")
                .placing("attn_q_norm", "self_attn.q_layernorm")
                .placing("attn_k_norm", "self_attn.k_layernorm")
                .placing("shortconv.conv.weight", "conv.conv.weight")
                .placing("shortconv.in_proj.weight", "conv.in_proj.weight")
                .placing("shortconv.out_proj.weight", "conv.out_proj.weight")
                .placing("ffn_norm", "ffn_norm")
                .placing("ffn_gate", "feed_forward.w1")
                .placing("ffn_down", "feed_forward.w2")
                .placing("ffn_up", "feed_forward.w3")
                .changing(GgufChange.KERNEL, "shortconv.conv.weight")
                .calling("attention.layer_norm_rms_epsilon", "norm_eps")
                .turning(THETA, 1)
                .whole("shortconv.l_cache", "conv_L_cache")
                .mixing(new GgufMixing("attn_q.weight", ATTENDS, CONVOLVES, true))
                .fixing("conv_bias", false)
                .meaning("block_auto_adjust_ff_dim", false) // a file says the channels there are
                .meaning("block_ffn_dim_multiplier", 1.0)
                .meaning("block_multiple_of", 256)
                .meaning("architectures", List.of("Lfm2ForCausalLM")));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of(
                "block_dim",
                "block_ff_dim",
                "block_mlp_init_scale",
                "block_norm_eps",
                "block_out_init_scale",
                "block_use_swiglu",
                "block_use_xavier_init",
                "conv_dim",
                "conv_dim_out",
                "conv_use_xavier_init",
                "use_pos_enc",
                "num_heads");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        Parts p = new Parts("lfm2", c, weights);
        Rotary rotary = p.rotary(new Usual(THETA, 1), false);
        IntPredicate attends = attends(c, p);
        FeedForwards mlp = new FeedForwards(p.hidden(), inner(c), false);
        return p.named("model.embed_tokens", "model.layers", "model.embedding_norm", "lm_head")
                .decoder(true, (l, w) -> {
                    Norm n1 = p.rms(w, "operator_norm");
                    Mixer mixer = attends.test(l) ? attention(p, w, l, rotary) : convolution(c, p, w.at("conv"), l);
                    Norm n2 = p.rms(w, "ffn_norm");
                    FeedForward ffn = mlp.gated(w.at("feed_forward"), Gated.SILU, "w1", "w3", "w2");
                    return new PreNorm(n1, mixer, n2, ffn);
                });
    }

    private static Mixer attention(Parts p, Weights w, int layer, Rotary rotary) {
        return p.attention(w, layer)
                .named("q_proj", "k_proj", "v_proj", "out_proj")
                .headNorms(p::rms, "q_layernorm", "k_layernorm")
                .rotary(rotary)
                .spec(p.causal())
                .apart();
    }

    private static Mixer convolution(ModelConfig c, Parts p, Weights w, int layer) {
        int channels = p.hidden();
        boolean bias = c.flag("conv_bias", false);
        Linear in = w.linear("in_proj", Math.multiplyExact(3, channels), channels, bias);
        Weight kernel = w.weight("conv.weight", channels, 1, c.positive("conv_L_cache", 3));
        @Nullable Weight added = bias ? w.weight("conv.bias", channels) : null;
        var over = new CausalConvolution(kernel, added, layer);
        return new ShortConvolution(in, over, w.linear("out_proj", channels, channels, bias));
    }

    /// Which layers attend: those that `layer_types` names so, or those of `full_attn_idxs`, or all.
    private static IntPredicate attends(ModelConfig c, Parts p) {
        List<String> types = p.layerTypes(ATTENDS, CONVOLVES);
        List<Integer> numbers = c.wholes("full_attn_idxs");
        if (!types.isEmpty()) return l -> types.get(l).equals(ATTENDS);
        return l -> numbers.isEmpty() || numbers.contains(l);
    }

    /// Channels of the feed-forward layer: two thirds of what the key says, times a factor, rounded up.
    private static int inner(ModelConfig c) {
        int inner = c.positive("block_ff_dim", c.positive("intermediate_size"));
        double factor = c.real("block_ffn_dim_multiplier", 1);
        int multiple = c.positive("block_multiple_of", 256);
        if (!c.flag("block_auto_adjust_ff_dim", true)) return inner;
        long twoThirds = 2L * inner / 3;
        int some = (int) (factor * twoThirds);
        return multiple * ((some + multiple - 1) / multiple);
    }
}
