package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufWholes;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Gated;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Qwen3.5, text: Qwen3-Next's layers with one feed-forward layer in the place of experts.
///
/// ```
/// h ← h + mix(n)                                   n = rms(h), mix: the delta rule, or gated attention
/// h ← h + Wdown · (silu(Wgate n) ∘ Wup n)           n = rms(h)
/// rms(x) = x / sqrt(mean(x²) + eps) · (1 + w)
/// ```
///
/// Qwen Team 2026, "Qwen3.5"; Yang, Kautz & Hatamizadeh 2024 (arXiv:2412.06464). Its three kinds of
/// positions are equal in text, so that `mrope_section` changes nothing.
public record Qwen35() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen3_5_text");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(DeltaParts.gguf("qwen35", "qwen3_5_text")
                .placing("attn_qkv", "linear_attn.in_proj_qkv")
                .placing("attn_gate", "linear_attn.in_proj_z")
                .placing("ssm_beta", "linear_attn.in_proj_b")
                .placing("ssm_alpha", "linear_attn.in_proj_a")
                .changing(GgufChange.TILED_VALUES, "attn_qkv", "ssm_conv1d")
                .changing(GgufChange.TILED, "attn_gate", "ssm_beta", "ssm_alpha", "ssm_a", "ssm_dt.bias")
                .changing(GgufChange.TILED_COLUMNS, "ssm_out")
                .deriving(SECTIONS, Qwen35::sections, "mrope_section", f -> f.all(SECTIONS))
                .meaning("architectures", List.of("Qwen3_5ForCausalLM")));
    }

    private static final String SECTIONS = "rope.dimension_sections";
    private static final List<Integer> USUAL = List.of(11, 11, 10);

    /// Four numbers of pairs, of which text needs none.
    private static int[] sections(GgufWholes c) {
        List<Integer> own = c.has("mrope_section") ? c.all("mrope_section") : c.all("rope_parameters.mrope_section");
        return IntStream.range(0, 4)
                .map(i -> i < (own.isEmpty() ? USUAL : own).size() ? (own.isEmpty() ? USUAL : own).get(i) : 0)
                .toArray();
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("mrope_section");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        c.object("rope_parameters").ignore("mrope_section", "mrope_interleaved");
        Parts p = new Parts("qwen3_5_text", c, weights);
        boolean bias = c.flag("attention_bias", false);
        Rotary rotary = p.rotary(Qwen3Next.ROPE, false);
        DeltaParts delta = DeltaParts.of(c, p);
        IntPredicate attends = DeltaParts.attends(c, p);
        return p.lastNorm(p::rmsPlusOne).decoder(false, (l, w) -> {
            Norm n1 = p.rmsPlusOne(w, "input_layernorm");
            Mixer mixer = attends.test(l) ? delta.attention(w, l, rotary, bias) : delta.apart(w, l);
            Norm n2 = p.rmsPlusOne(w, "post_attention_layernorm");
            return new PreNorm(n1, mixer, n2, p.gated(w, Gated.SILU, false));
        });
    }
}
