package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufWholes;
import dev.gradine.nn.Block.MixerOnly;
import dev.gradine.nn.CausalConvolution;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Mamba;
import dev.gradine.nn.Mamba.Steps;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Recurrence;
import dev.gradine.nn.Recurrence.Decay;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Mamba-2: a state space in the place of attention and of the feed-forward layer.
///
/// ```
/// h ← h + ssm(n)         n = rms(h)
/// ```
///
/// Dao & Gu 2024 (arXiv:2405.21060), section 7; `Mamba` has the formula of a layer. Nothing depends
/// on a position.
public record Mamba2() implements Family {

    @Override
    public Set<String> modelTypes() {
        return Set.of("mamba2");
    }

    @Override
    public List<GgufArchitecture> gguf() {
        return List.of(GgufArchitecture.of("mamba2", "mamba2")
                .layers("backbone.layers")
                .placing("token_embd", "backbone.embeddings")
                .placing("output_norm", "backbone.norm_f")
                .placing("attn_norm", "norm")
                .placing("ssm_in", "mixer.in_proj")
                .placing("ssm_conv1d", "mixer.conv1d")
                .placing("ssm_dt.bias", "mixer.dt_bias")
                .placing("ssm_a", "mixer.A_log")
                .placing("ssm_d", "mixer.D")
                .placing("ssm_norm", "mixer.norm")
                .placing("ssm_out", "mixer.out_proj")
                .changing(GgufChange.KERNEL, "ssm_conv1d")
                .changing(GgufChange.NEGATIVE_EXP, "ssm_a")
                .changing(GgufChange.COLUMN, "ssm_a", "ssm_d")
                .changing(GgufChange.GROUP_ROWS, "ssm_norm")
                .withoutTurning()
                .withoutKeys("context_length", "feed_forward_length", "attention.key_length")
                .withoutKeys("attention.head_count", "attention.head_count_kv")
                .noting("context_length", _ -> 1 << 20)
                .noting("feed_forward_length", _ -> 0)
                .noting("attention.head_count", _ -> 0)
                .calling("attention.layer_norm_rms_epsilon", "layer_norm_epsilon")
                .whole("ssm.conv_kernel", "conv_kernel")
                .whole("ssm.state_size", "state_size")
                .whole("ssm.group_count", "n_groups")
                .whole("ssm.time_step_rank", "num_heads")
                .deriving(INNER, Mamba2::inner, "head_dim", f -> f.of(INNER) / f.of("ssm.time_step_rank"))
                .deriving(INNER, Mamba2::inner, "expand", f -> f.of(INNER) / f.of("embedding_length"))
                .telling("use_conv_bias", "ssm_conv1d.bias")
                .fixing("use_bias", false)
                .meaning("architectures", List.of("Mamba2ForCausalLM"))
                .meaning("hidden_act", "silu"));
    }

    private static final String INNER = "ssm.inner_size";

    private static int inner(GgufWholes c) {
        return c.of("num_heads") * c.of("head_dim");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of(
                "chunk_size",
                "norm_before_gate", // nor does transformers read it: the gate is always first
                "rescale_prenorm_residual",
                "residual_in_fp32",
                "rms_norm",
                "time_step_floor",
                "time_step_max",
                "time_step_min",
                "time_step_rank");
    }

    @Override
    public CausalLm build(ModelConfig c, Weights weights) {
        c.oneOf("hidden_act", "silu", "silu");
        Parts p = Parts.withoutAttention("mamba2", c, weights);
        Heads heads = heads(c, p.hidden());
        return p.named("backbone.embeddings", "backbone.layers", "backbone.norm_f", "lm_head")
                .decoder(false, (l, w) -> new MixerOnly(p.rms(w, "norm"), mixer(c, p, w.at("mixer"), heads, l)));
    }

    private static Heads heads(ModelConfig c, int hidden) {
        int count = c.positive("num_heads", 128);
        int groups = c.positive("n_groups", 8);
        int size = c.positive("head_dim", 64);
        if (count % groups != 0) throw c.wrong("n_groups", "a divisor of num_heads " + count);
        if ((long) hidden * c.positive("expand", 2) != (long) count * size) {
            throw c.wrong(
                    "expand", "num_heads · head_dim %d over hidden_size %d".formatted((long) count * size, hidden));
        }
        int state = c.positive("state_size", 128);
        Parts.requireState(c, "state_size", count, state, size);
        return new Heads(groups, count, state, size, Rule.ADD);
    }

    private static Mamba mixer(ModelConfig c, Parts p, Weights w, Heads heads, int layer) {
        boolean bias = c.flag("use_bias", false);
        int inner = heads.valueWidth();
        int channels = inner + 2 * heads.keyWidth();
        Linear in = w.linear("in_proj", inner + channels + heads.valueHeads(), p.hidden(), bias);
        Weight kernel = w.weight("conv1d.weight", channels, 1, c.positive("conv_kernel", 4));
        @Nullable Weight added = c.flag("use_conv_bias", true) ? w.weight("conv1d.bias", channels) : null;
        double[] limits = c.range("time_step_limit", 0, Double.POSITIVE_INFINITY);
        Decay decay = new Decay(w.weight("A_log", heads.valueHeads()), w.weight("dt_bias", heads.valueHeads()));
        Steps steps = new Steps(decay, w.weight("D", heads.valueHeads()), (float) limits[0], (float) limits[1]);
        Weight scale = w.weight("norm.weight", inner);
        Norm norm = new Norm.OfHeads(new Norm.BareRms(p.eps()), List.of(scale), inner / heads.keyHeads());
        Linear out = w.linear("out_proj", p.hidden(), inner, bias);
        var over = new CausalConvolution(kernel, added, layer);
        return new Mamba(in, over, steps, norm, out, new Recurrence(heads, layer));
    }
}
