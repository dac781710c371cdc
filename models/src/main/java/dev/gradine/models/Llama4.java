package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufWholes;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Experts.Inner;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Router;
import dev.gradine.nn.RouterRules.Shares;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.nn.WithShared;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Llama 4, its text models: three of four layers see chunks and turn neighbours, the others see all, have no
/// positions, and queries that grow with theirs.
///
/// ```
/// h ← h + Wo · attention(q, k, Wv n)             n = rmsNorm(h)
///     q, k = l2(rope(Wq n)), l2(rope(Wk n))      in chunks
///     q, k = τ(p) · Wq n, Wk n                   in layers that see all
/// h ← h + expert_e(σ(r_e) · n) + shared(n)       n = rmsNorm(h), the expert e of the largest logit r
/// τ(p) = 1 + a · ln(1 + ⌊(p + 1) / f⌋)
/// ```
///
/// Meta 2025, "The Llama 4 herd". Layers that are not among `moe_layers` have a gated feed-forward layer.
public record Llama4() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("llama4_text");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("llama4", "llama4_text")
                .placing("ffn_gate", "feed_forward.gate_proj")
                .placing("ffn_up", "feed_forward.up_proj")
                .placing("ffn_down", "feed_forward.down_proj")
                .experts("num_local_experts")
                .placing("ffn_gate_inp", "feed_forward.router")
                .without("ffn_gate_exps", "ffn_up_exps", "ffn_down_exps") // they have other endings
                .pairing(
                        GgufChange.TURNED_HALVES,
                        "ffn_gate_exps.weight",
                        "ffn_up_exps.weight",
                        "feed_forward.experts.gate_up_proj")
                .placing("ffn_down_exps.weight", "feed_forward.experts.down_proj")
                .changing(GgufChange.TURNED, "ffn_down_exps.weight")
                .sharedExpert("feed_forward.shared_expert")
                .turning(THETA, 1)
                .layersWithoutTurning(FOURTH)
                .calling("feed_forward_length", "intermediate_size_mlp")
                .whole("expert_feed_forward_length", "intermediate_size")
                .deriving(STEP, Llama4::step, STEP, f -> f.of(STEP))
                .deriving(
                        "expert_count",
                        c -> c.of("num_local_experts"),
                        "use_qk_norm",
                        f -> f.of("expert_count") != MAVERICK)
                .usually("use_qk_norm", true)
                .usually("attn_temperature_tuning", true)
                .usually("attn_scale", 0.1)
                .usually("floor_scale", CHUNK)
                .usually("attention_chunk_size", CHUNK)
                .meaning("architectures", List.of("Llama4ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final String STEP = "interleave_moe_layer_step";
    private static final int FOURTH = 4; // one of so many layers sees all
    private static final int MAVERICK = 128; // experts of the model whose queries and keys llama.cpp does not norm

    /// Every so many layers have experts.
    private static int step(GgufWholes c) {
        int step = c.has(STEP) ? c.of(STEP) : 1;
        List<Integer> usual = IntStream.range(0, c.of("num_hidden_layers"))
                .filter(l -> (l + 1) % step == 0)
                .boxed()
                .toList();
        List<Integer> own = c.all("moe_layers");
        if (own.isEmpty() || own.equals(usual)) return step;
        throw new IllegalArgumentException(
                "gguf: moe_layers %s have no place in a file of architecture llama4, expected %s;".formatted(own, usual)
                        + " --to safetensors keeps them");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "router_jitter_noise", "for_llm_compressor");
    }

    private static final double THETA = 500_000;
    private static final int CHUNK = 8192;
    private static final String CHUNKED = "chunked_attention";

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("llama4_text", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary(new Usual(THETA, 1), true);
        IntPredicate turns = p.layersWithRope();
        IntFunction<AttentionSpec> masks = masks(c, p, turns);
        RowStep norm = c.flag("use_qk_norm", true)
                ? RowStep.perHead(new Norm.BareRms(p.eps()), p.heads().size())
                : RowStep.NONE;
        RowStep growing = c.flag("attn_temperature_tuning", true)
                ? RowStep.tempered(c.real("attn_scale", 0.1), c.real("floor_scale", 8192), 1)
                : RowStep.NONE;
        FeedForwards dense = new FeedForwards(p.hidden(), c.positive("intermediate_size_mlp"), false);
        c.requireOff("output_router_logits"); // it has no loss for choosing evenly
        Sparse sparse = new Sparse(p.experts().wide(), p.feedForwards(false), moeLayers(c));
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            AttentionParts attention = p.attention(w, l).bias(bias, bias).spec(masks.apply(l));
            if (turns.test(l)) attention.rotary(rotary).both(norm);
            else attention.queries(growing);
            SelfAttention made = attention.apart();
            Norm n2 = p.rms(w, "post_attention_layernorm");
            FeedForward ffn = sparse.has(l) ? sparse.of(w) : dense.gated(w.at("feed_forward"), Gated.SILU);
            return new PreNorm(n1, made, n2, ffn);
        });
    }

    private static IntFunction<AttentionSpec> masks(ModelConfig c, Parts p, IntPredicate turns) {
        List<String> types = p.layerTypes("full_attention", CHUNKED);
        boolean isOff = c.says("attention_chunk_size") && !c.has("attention_chunk_size");
        if (isOff) return _ -> p.causal();
        AttentionSpec chunks = p.causal().with(new Mask.Chunk(c.positive("attention_chunk_size", CHUNK)));
        return l -> (types.isEmpty() ? turns.test(l) : types.get(l).equals(CHUNKED)) ? chunks : p.causal();
    }

    private static IntPredicate moeLayers(ModelConfig c) {
        List<Integer> named = c.wholes("moe_layers");
        int step = c.positive("interleave_moe_layer_step", 1);
        return l -> named.isEmpty() ? (l + 1) % step == 0 : named.contains(l);
    }

    private record Sparse(ExpertParts parts, FeedForwards shared, IntPredicate layers) {

        boolean has(int layer) {
            return layers.test(layer);
        }

        FeedForward of(Weights w) {
            Router router = parts.logitsFirst(w, "feed_forward.router", false, Shares.SIGMOID);
            Inner inner = Inner.halves(Gated.SILU);
            return new WithShared(
                    parts.turned(w, router, inner, "feed_forward.experts", false, true),
                    shared.gated(w.at("feed_forward.shared_expert"), Gated.SILU),
                    null);
        }
    }
}
