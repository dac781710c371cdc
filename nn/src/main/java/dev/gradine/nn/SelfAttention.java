package dev.gradine.nn;

import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.AttentionWithSinks.attentionWithSinks;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.sigmoid;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.kernel.AttentionSpec;
import org.jspecify.annotations.Nullable;

/// Grouped-query self-attention.
///
/// ```
/// y = output(attention(q, k, v))         q, k, v = projections(n)
/// ```
///
/// Ainslie et al. 2023 (arXiv:2305.13245). With sinks, each head h has one score more, s_h, to which no value belongs:
///
/// ```
/// P = exp(S) / (Σ exp(S) + exp(s_h))
/// ```
///
/// Xiao et al. 2023 (arXiv:2309.17453); in the form of gpt-oss (arXiv:2508.10925), section 2.
///
/// @param projections q, k, v of a row
/// @param output from heads back to channels, a linear layer for the most part
/// @param spec numbers of heads, head size, scale, soft cap, mask
/// @param layer number of the layer, for the cache
/// @param sinks s `f32[H]`, or null for none
public record SelfAttention(
        Projections projections,
        RowStep output,
        AttentionSpec spec,
        int layer,
        @Nullable Weight sinks) implements Block.Mixer {

    /// With a linear layer behind, and without sinks.
    public SelfAttention(Projections projections, Linear o, AttentionSpec spec, int layer) {
        this(projections, o::forward, spec, layer, null);
    }

    /// Queries, keys and values of each row, ready for the scores.
    ///
    /// @param gate γ of `y = output(σ(γ) ∘ attention(q, k, v))`, or null for none
    public record Qkv(Var q, Var k, Var v, @Nullable Var gate) {

        /// Without a gate.
        public Qkv(Var q, Var k, Var v) {
            this(q, k, v, null);
        }

        /// The same queries over other keys and values.
        public Qkv over(Var keys, Var values) {
            return new Qkv(q, keys, values, gate);
        }
    }

    @Override
    public KvCache.PerToken kept() {
        return new KvCache.PerToken(spec.kvHeads(), spec.kvHeads() * spec.headDim());
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape()
                .frame(x -> output.of(gated(pass.adapters().at(layer, projections.of(x, pass), pass), pass), pass), n);
    }

    private Var gated(Qkv fresh, Pass pass) {
        Var y = attended(fresh, pass);
        return fresh.gate == null ? y : mul(y, sigmoid(fresh.gate));
    }

    private Var attended(Qkv fresh, Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null && pass.attentionGroup() > 0) {
            requireNoSinks();
            return ShiftedAttention.attended(
                    fresh, spec, pass.attentionGroup(), pass.rows().layout());
        }
        if (cache == null) return over(fresh.q, fresh.k, fresh.v, pass);
        Tape tape = fresh.q.tape();
        var read = new KvCache.Read(fresh.k.value(), fresh.v.value());
        KvCache.Read all = cache.append(
                tape.kernels(), layer, read, pass.slots(), pass.rows().layout().keys());
        return over(fresh.q, tape.constant(all.keys()), tape.constant(all.values()), pass);
    }

    private Var over(Var q, Var k, Var v, Pass pass) {
        if (sinks == null) return attention(q, k, v, spec, pass.rows().layout());
        return attentionWithSinks(q, k, v, sinks.on(q, pass), spec, pass.rows().layout());
    }

    private void requireNoSinks() {
        if (sinks == null) return;
        throw new ConfigException(
                "attention: the model has sinks, expected none for shifted sparse attention (longlora)");
    }
}
