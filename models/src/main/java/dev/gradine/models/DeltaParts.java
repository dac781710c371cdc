package dev.gradine.models;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufChange;
import dev.gradine.io.GgufMixing;
import dev.gradine.nn.Block.Mixer;
import dev.gradine.nn.CausalConvolution;
import dev.gradine.nn.GatedDeltaNet;
import dev.gradine.nn.GatedDeltaNet.Apart;
import dev.gradine.nn.GatedDeltaNet.Grouped;
import dev.gradine.nn.GatedDeltaNet.Projection;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Recurrence;
import dev.gradine.nn.Recurrence.Decay;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import java.util.List;
import java.util.function.IntPredicate;

/// Layers of Qwen3-Next and Qwen3.5: most have a recurrence by the gated delta rule, `linear_attn`,
/// the others attention whose heads have gates.
///
/// @param parts the family's other parts
/// @param heads of the recurrence
/// @param taps of the convolution
record DeltaParts(Parts parts, Heads heads, int taps) {

    private static final String ATTENDS = "full_attention";
    private static final String RECURS = "linear_attention";
    private static final int PERIOD = 4; // every fourth layer attends where it is not said

    static DeltaParts of(ModelConfig c, Parts p) {
        int keys = c.positive("linear_num_key_heads", 16);
        int values = c.positive("linear_num_value_heads", 32);
        if (values % keys != 0) {
            throw c.wrong("linear_num_value_heads", "a multiple of linear_num_key_heads " + keys);
        }
        int keyDim = c.positive("linear_key_head_dim", 128);
        int valueDim = c.positive("linear_value_head_dim", 128);
        Parts.requireState(c, "linear_value_head_dim", values, keyDim, valueDim);
        Heads heads = new Heads(keys, values, keyDim, valueDim, Rule.DELTA);
        return new DeltaParts(p, heads, c.positive("linear_conv_kernel_dim", 4));
    }

    /// Places and numbers in GGUF files of both.
    static GgufArchitecture gguf(String name, String modelType) {
        return GgufArchitecture.of(name, modelType)
                .without("ffn_norm") // it is the norm behind attention that stands before the feed-forward layer
                .withNormPlusOne()
                .placing("ssm_conv1d", "linear_attn.conv1d")
                .placing("ssm_dt.bias", "linear_attn.dt_bias")
                .placing("ssm_a", "linear_attn.A_log")
                .placing("ssm_norm", "linear_attn.norm") // of weights around 1
                .placing("ssm_out", "linear_attn.out_proj")
                .changing(GgufChange.KERNEL, "ssm_conv1d")
                .changing(GgufChange.NEGATIVE_EXP, "ssm_a")
                .turning(Qwen3Next.ROPE.theta(), Qwen3Next.ROPE.part())
                .whole("ssm.conv_kernel", "linear_conv_kernel_dim")
                .whole("ssm.state_size", "linear_key_head_dim")
                .whole("ssm.group_count", "linear_num_key_heads")
                .whole("ssm.time_step_rank", "linear_num_value_heads")
                .deriving(
                        "ssm.inner_size",
                        c -> c.of("linear_num_value_heads") * c.of("linear_value_head_dim"),
                        "linear_value_head_dim",
                        f -> f.of("ssm.inner_size") / f.of("ssm.time_step_rank"))
                .mixing(new GgufMixing("attn_q.weight", ATTENDS, RECURS, false))
                .meaning("hidden_act", "silu");
    }

    /// Which layers attend: those that `layer_types` names so, or every `full_attention_interval`-th.
    static IntPredicate attends(ModelConfig c, Parts p) {
        List<String> types = p.layerTypes(ATTENDS, RECURS);
        int period = c.positive("full_attention_interval", PERIOD);
        return l -> types.isEmpty() ? (l + 1) % period == 0 : types.get(l).equals(ATTENDS);
    }

    /// Attention with norms around 0 of each head, and gates.
    Mixer attention(Weights w, int layer, Rotary rotary, boolean bias) {
        return parts.attention(w, layer)
                .bias(bias, bias)
                .headNorms(parts::rmsPlusOne)
                .rotary(rotary)
                .spec(parts.causal())
                .withGate();
    }

    /// The recurrence with two linear layers, each with the outputs of a key head side by side.
    Mixer grouped(Weights layer, int number) {
        Weights w = layer.at("linear_attn");
        Linear qkvz = linear(w, "in_proj_qkvz", 2 * (heads.keyWidth() + heads.valueWidth()));
        return net(w, new Grouped(qkvz, linear(w, "in_proj_ba", 2 * heads.valueHeads()), heads), number);
    }

    /// The recurrence with four linear layers.
    Mixer apart(Weights layer, int number) {
        Weights w = layer.at("linear_attn");
        Linear qkv = linear(w, "in_proj_qkv", channels());
        Linear z = linear(w, "in_proj_z", heads.valueWidth());
        Linear b = linear(w, "in_proj_b", heads.valueHeads());
        return net(w, new Apart(qkv, z, b, linear(w, "in_proj_a", heads.valueHeads())), number);
    }

    private int channels() {
        return 2 * heads.keyWidth() + heads.valueWidth();
    }

    private Linear linear(Weights w, String path, int out) {
        return w.linear(path, out, parts.hidden(), false);
    }

    private Mixer net(Weights w, Projection projection, int layer) {
        Weight kernel = w.weight("conv1d.weight", channels(), 1, taps);
        Weight log = w.weight("A_log", heads.valueHeads());
        Weight shift = w.weight("dt_bias", heads.valueHeads());
        Norm norm = parts.rms(w, "norm", heads.valueDim());
        Linear out = w.linear("out_proj", parts.hidden(), heads.valueWidth(), false);
        return new GatedDeltaNet(
                projection,
                new CausalConvolution(kernel, null, layer),
                new Decay(log, shift),
                norm,
                out,
                new Recurrence(heads, layer));
    }
}
