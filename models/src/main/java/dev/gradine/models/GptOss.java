package dev.gradine.models;

import static dev.gradine.io.GgufChange.ALTERNATING;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufYarn;
import dev.gradine.nn.AlternatingGate;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Experts.Inner;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig.Usual;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Router;
import dev.gradine.nn.RouterRules.Shares;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// gpt-oss: sinks, windows in every other layer, biases, and experts with a cut gate.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = rmsNorm(h), each head with a sink
/// h ← h + Σ_e share_e · (Wdown_e inner(Wgate_up_e n))         n = rmsNorm(h), softmax over the k largest logits
/// ```
///
/// OpenAI 2025 (arXiv:2508.10925), section 2. `AlternatingGate` has `inner`.
public record GptOss() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("gpt_oss");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("gpt-oss", "gpt_oss")
                .experts("num_local_experts")
                .placing("ffn_gate_inp", "mlp.router")
                .placing("attn_sinks.weight", "self_attn.sinks")
                .without("ffn_norm", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps") // they have other endings
                .pairing(ALTERNATING, "ffn_gate_exps.weight", "ffn_up_exps.weight", "mlp.experts.gate_up_proj")
                .pairing(ALTERNATING, "ffn_gate_exps.bias", "ffn_up_exps.bias", "mlp.experts.gate_up_proj_bias")
                .placing("ffn_down_exps.weight", "mlp.experts.down_proj")
                .placing("ffn_down_exps.bias", "mlp.experts.down_proj_bias")
                .changing(GgufChange.TURNED, "ffn_down_exps.weight")
                .turning(THETA, 1)
                .blending(GgufYarn.UNROUNDED)
                .windows(2)
                .whole("expert_feed_forward_length", "intermediate_size")
                .meaning("architectures", List.of("GptOssForCausalLM"))
                .meaning("hidden_act", "silu")
                .fixing("swiglu_limit", LIMIT)
                .fixing("swiglu_alpha", ALPHA));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "initial_context_length", "experts_per_token");
    }

    private static final double THETA = 150_000;
    private static final double ALPHA = 1.702;
    private static final double LIMIT = 7;

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("gpt_oss", c, weights);
        boolean bias = c.flag("attention_bias", true);
        Rotary rotary = p.rotary(new Usual(THETA, 1), false);
        IntFunction<AttentionSpec> masks = p.windows(p.causal(), true, l -> l % 2 == 0);
        ExpertParts experts = p.experts().wide();
        Inner inner = new AlternatingGate((float) c.real("swiglu_alpha", ALPHA), (float) c.real("swiglu_limit", LIMIT));
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            SelfAttention attention = p.attention(w, l)
                    .bias(bias, bias)
                    .rotary(rotary)
                    .spec(masks.apply(l))
                    .sinks()
                    .apart();
            Norm n2 = p.rms(w, "post_attention_layernorm");
            Router router = experts.logitsFirst(w, "mlp.router", true, Shares.SOFTMAX);
            return new PreNorm(n1, attention, n2, experts.turned(w, router, inner, "mlp.experts", true, false));
        });
    }
}
