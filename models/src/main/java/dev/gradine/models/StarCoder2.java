package dev.gradine.models;

import dev.gradine.autograd.op.Functions;
import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// StarCoder2: layer norms, a feed-forward layer without a gate, biases, and windows.
///
/// ```
/// h ← h + Wo · attention(rope(Wq n), rope(Wk n), Wv n)      n = layerNorm(h), of the last w keys
/// h ← h + Wproj · gelu(Wfc n)                                n = layerNorm(h)
/// ```
///
/// Lozhkov et al. 2024 (arXiv:2402.19173), section 6.1.
public record StarCoder2() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("starcoder2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("starcoder2", "starcoder2")
                .placing("ffn_up", "mlp.c_fc")
                .placing("ffn_down", "mlp.c_proj")
                .telling("use_bias", "attn_q.bias")
                .layerNorms("norm_epsilon", 1e-5)
                .windowsUnseen()
                .meaning("architectures", List.of("Starcoder2ForCausalLM"))
                .meaning("hidden_act", "gelu_pytorch_tanh"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("embedding_dropout", "residual_dropout");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "gelu_pytorch_tanh", "gelu_pytorch_tanh");
        Parts p = new Parts("starcoder2", c, weights);
        boolean bias = c.flag("use_bias", true);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windowEverywhere(false);
        FeedForwards mlp = p.feedForwards(bias);
        return p.lastNorm(p::layerNorm)
                .decoder(
                        true,
                        (l, w) -> new PreNorm(
                                p.layerNorm(w, "input_layernorm"),
                                p.attention(w, l)
                                        .bias(bias, bias)
                                        .rotary(rotary)
                                        .spec(masks.apply(l))
                                        .apart(),
                                p.layerNorm(w, "post_attention_layernorm"),
                                mlp.plain(w.at("mlp"), Functions::geluTanh, "c_fc", "c_proj")));
    }
}
