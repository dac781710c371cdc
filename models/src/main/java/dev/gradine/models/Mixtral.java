package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Experts.Inner;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Router;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/// Mixtral: Mistral with eight experts in the place of the feed-forward layer.
///
/// ```
/// h ← h + Σ_e share_e · W2_e (silu(W1_e n) ∘ W3_e n)        n = rmsNorm(h)
/// share: softmax, of the k largest, divided by their sum
/// ```
///
/// Jiang et al. 2024 (arXiv:2401.04088), section 2.1.
public record Mixtral() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("mixtral");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("llama", "mixtral")
                .withInterleavedRows()
                .experts("num_local_experts")
                .placing("ffn_gate_inp", "block_sparse_moe.gate")
                .placing("ffn_gate_exps", "block_sparse_moe.experts.%d.w1")
                .placing("ffn_up_exps", "block_sparse_moe.experts.%d.w3")
                .placing("ffn_down_exps", "block_sparse_moe.experts.%d.w2")
                .meaning("architectures", List.of("MixtralForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("router_aux_loss_coef", "router_jitter_noise");
    }

    private static final List<String> NAMES = List.of("w1", "w3", "w2"); // gate, up, down

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = new Parts("mixtral", c, weights);
        Rotary rotary = p.rotary();
        IntFunction<AttentionSpec> masks = p.windowEverywhere(false);
        ExpertParts experts = p.experts().wide();
        return p.decoder(false, (l, w) -> {
            Norm n1 = p.rms(w, "input_layernorm");
            SelfAttention attention =
                    p.attention(w, l).rotary(rotary).spec(masks.apply(l)).apart();
            Norm n2 = p.rms(w, "post_attention_layernorm");
            Router router = experts.softmaxFirst(w, "block_sparse_moe.gate", true);
            Inner inner = Inner.halves(Gated.SILU);
            return new PreNorm(
                    n1, attention, n2, experts.apart(w, router, inner, "block_sparse_moe.experts.%d.", NAMES));
        });
    }
}
