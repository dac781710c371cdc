package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufWholes;
import dev.gradine.io.GgufYarn;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.LatentProjections;
import dev.gradine.nn.LatentProjections.Sizes;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/// DeepSeek V2 and V3, and GLM-4.7-Flash: attention by a narrow row that all heads share, the first layers dense, the
/// others with experts.
///
/// ```
/// h ← h + Wo · attention(q, k, v)                      q, k, v = latent(n)      n = rmsNorm(h)
/// h ← h + Σ_e share_e · expert_e(n) + shared(n)        n = rmsNorm(h)
/// ```
///
/// DeepSeek-AI 2024 (arXiv:2405.04434 and arXiv:2412.19437), sections 2.1; `LatentProjections` has q, k and v,
/// `RouterRules` the shares. With yarn, scores grow by the square of its scale for `mscale_all_dim`.
public record DeepSeek() implements Family {

    private static final int DENSE = 3; // first layers of V3
    private static final float INNER_EPS = 1e-6f; // of the two norms within attention, whatever rms_norm_eps says

    @Override
    public Set<String> modelTypes() {
        return Set.of("deepseek_v2", "deepseek_v3", "glm4_moe_lite");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        GgufArchitecture third = gguf("deepseek_v3", "sigmoid", "noaux_tc")
                .toldBy("exp_probs_b.bias")
                .placing("exp_probs_b.bias", "mlp.gate.e_score_correction_bias")
                .flag("expert_weights_norm", "norm_topk_prob", true)
                .usually("rope_interleave", true)
                .stating("expert_gating_func", 2);
        return List.of(
                third.meaning("architectures", List.of("DeepseekV3ForCausalLM")),
                third.as("glm4_moe_lite").meaning("architectures", List.of("Glm4MoeLiteForCausalLM")),
                gguf("deepseek_v2", "softmax", "greedy")
                        .usually("norm_topk_prob", false)
                        .stating("expert_gating_func", 1)
                        .meaning("architectures", List.of("DeepseekV2ForCausalLM")));
    }

    private static GgufArchitecture gguf(String modelType, String scores, String method) {
        return GgufArchitecture.of("deepseek2", modelType)
                .placing("attn_q_a", "self_attn.q_a_proj")
                .placing("attn_q_a_norm", "self_attn.q_a_layernorm")
                .placing("attn_q_b", "self_attn.q_b_proj")
                .placing("attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa")
                .placing("attn_kv_a_norm", "self_attn.kv_a_layernorm")
                .placing("attn_kv_b", "self_attn.kv_b_proj") // of older files
                .pairing(GgufChange.LATENT, "attn_k_b.weight", "attn_v_b.weight", "self_attn.kv_b_proj.weight")
                .experts("n_routed_experts")
                .sharedExpert("mlp.shared_experts")
                .telling("attention_bias", "attn_kv_a_mqa.bias")
                .withoutKeys("attention.head_count_kv", "attention.key_length")
                .whole("attention.q_lora_rank", "q_lora_rank")
                .whole(RANK, "kv_lora_rank")
                .deriving("attention.head_count_kv", _ -> 1, "num_key_value_heads", f -> f.of("attention.head_count"))
                .deriving(TURNING, c -> c.of("qk_rope_head_dim"), "qk_rope_head_dim", f -> f.of(TURNING))
                .deriving(
                        KEY, c -> c.of("kv_lora_rank") + c.of("qk_rope_head_dim"), "qk_nope_head_dim", DeepSeek::still)
                .deriving(
                        KEY + "_mla",
                        c -> c.of("qk_nope_head_dim") + c.of("qk_rope_head_dim"),
                        "qk_nope_head_dim",
                        DeepSeek::still)
                .deriving(VALUE, c -> c.of("kv_lora_rank"), "v_head_dim", f -> width(f, VALUE))
                .deriving(VALUE + "_mla", c -> c.of("v_head_dim"), "v_head_dim", f -> width(f, VALUE))
                .blending(GgufYarn.OF_SCORES)
                .whole("expert_feed_forward_length", "moe_intermediate_size")
                .whole("expert_shared_count", "n_shared_experts")
                .whole("leading_dense_block_count", "first_k_dense_replace")
                .whole("expert_group_count", "n_group")
                .whole("expert_group_used_count", "topk_group")
                .real("expert_weights_scale", "routed_scaling_factor", 1)
                .usually("scoring_func", scores)
                .usually("topk_method", method)
                .usually("moe_layer_freq", 1)
                .usually("pretraining_tp", 1)
                .meaning("hidden_act", "silu");
    }

    private static final String RANK = "attention.kv_lora_rank";
    private static final String TURNING = "rope.dimension_count";
    private static final String KEY = "attention.key_length";
    private static final String VALUE = "attention.value_length";

    /// A width that older files have under the name of what newer ones keep in their cache.
    private static int width(GgufWholes file, String key) {
        return file.of(file.has(key + "_mla") ? key + "_mla" : key);
    }

    private static int still(GgufWholes file) {
        return width(file, KEY) - file.of(TURNING);
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("aux_loss_alpha", "ep_size", "head_dim", "num_nextn_predict_layers", "qk_head_dim", "seq_aux");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        c.requireOne("pretraining_tp");
        c.requireOne("moe_layer_freq");
        boolean isSecond = c.text("model_type", "").equals("deepseek_v2");
        c.oneOf("scoring_func", isSecond ? "softmax" : "sigmoid", isSecond ? "softmax" : "sigmoid");
        if (!isSecond) c.oneOf("topk_method", "noaux_tc", "noaux_tc");
        Parts p = new Parts("deepseek", c, weights);
        Sizes sizes = new Sizes(
                p.heads().count(),
                c.positive("qk_nope_head_dim"),
                c.positive("qk_rope_head_dim"),
                c.positive("v_head_dim"));
        Latent latent = new Latent(c, p, sizes, rotary(c, sizes, isSecond));
        ExpertParts experts = p.experts();
        IntPredicate isSparse = experts.behindDense(isSecond ? 0 : DENSE);
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            SelfAttention attention = latent.attention(w.at("self_attn"), l);
            Norm n2 = p.rms(w, "post_attention_layernorm");
            if (!isSparse.test(l)) return new PreNorm(n1, attention, n2, p.gated(w, Gated.SILU, false));
            FeedForward sparse = isSecond ? experts.deepSeek2(w) : experts.deepSeek(w);
            return new PreNorm(n1, attention, n2, sparse);
        });
    }

    private static Rotary rotary(ModelConfig c, Sizes sizes, boolean isSecond) {
        boolean isInterleaved = isSecond || c.flag("rope_interleave", true);
        return RopeConfig.of(c, sizes.turning()).rotary(sizes.turning(), isInterleaved);
    }

    private record Latent(ModelConfig c, Parts p, Sizes sizes, Rotary rotary) {

        SelfAttention attention(Weights w, int layer) {
            boolean bias = c.flag("attention_bias", false);
            int rank = c.positive("kv_lora_rank");
            int channels = p.hidden();
            RowStep q = queries(w, bias);
            Linear kvA = w.linear("kv_a_proj_with_mqa", rank + sizes.turning(), channels, bias);
            Norm norm = new Norm.Rms(w.weight("kv_a_layernorm.weight", rank), INNER_EPS);
            Linear kvB = w.linear("kv_b_proj", sizes.heads() * (sizes.still() + sizes.values()), rank, false);
            var projections = new LatentProjections(q, kvA, norm, kvB, rotary, sizes);
            Linear o = w.linear("o_proj", channels, sizes.heads() * sizes.values(), bias);
            RowStep output = projections.narrowed().then(o::forward);
            return new SelfAttention(projections, output, spec(), layer, null);
        }

        private RowStep queries(Weights w, boolean bias) {
            int width = sizes.heads() * (sizes.still() + sizes.turning());
            if (!c.has("q_lora_rank")) return w.linear("q_proj", width, p.hidden(), false)::forward;
            int rank = c.positive("q_lora_rank");
            Linear a = w.linear("q_a_proj", rank, p.hidden(), bias);
            Norm norm = new Norm.Rms(w.weight("q_a_layernorm.weight", rank), INNER_EPS);
            Linear b = w.linear("q_b_proj", width, rank, false);
            return (x, pass) -> b.forward(norm.forward(a.forward(x, pass), pass), pass);
        }

        private AttentionSpec spec() {
            double scale = 1 / Math.sqrt(sizes.still() + sizes.turning()) * RopeConfig.scoreScale(c);
            return AttentionSpec.causal(sizes.heads(), sizes.heads(), sizes.head(), (float) scale);
        }
    }
}
