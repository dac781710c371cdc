package dev.gradine.nn;

import static dev.gradine.autograd.op.Attention.attention;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.kernel.AttentionSpec;
import org.jspecify.annotations.Nullable;

/// Grouped-query self-attention.
///
/// ```
/// y = Wo · attention(rope(N_q Wq n), rope(N_k Wk n), Wv n)
/// ```
///
/// with a norm of each head, N_q and N_k, in some families only, and no rotation where positions are learnt. Ainslie et
/// al. 2023 (arXiv:2305.13245).
///
/// @param projections q, k, v of a row
/// @param o from heads back to channels
/// @param spec numbers of heads, head size, scale, soft cap, mask
/// @param layer number of the layer, for the cache
public record SelfAttention(Projections projections, Linear o, AttentionSpec spec, int layer) implements Block.Mixer {

    /// Queries, keys and values of each row, ready for the scores: `f32[N,H·D], f32[N,G·D], f32[N,G·D]`.
    public interface Projections {
        /// Computes all three from rows `n`, `f32[N,C]`.
        Qkv of(Var n, Pass pass);
    }

    /// Queries, keys and values.
    public record Qkv(Var q, Var k, Var v) {}

    /// Three linear layers, as in Llama.
    ///
    /// @param qNorm norm of each head of q before it is rotated, or null for none
    /// @param kNorm norm of each head of k before it is rotated, or null for none
    /// @param rotary position embedding, or null for none
    public record Apart(
            Linear q,
            Linear k,
            Linear v,
            @Nullable Norm qNorm,
            @Nullable Norm kNorm,
            @Nullable Rotary rotary,
            int headDim)
            implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            Tape t = n.tape();
            return new Qkv(
                    t.frame(x -> rotated(q.forward(x, pass), qNorm, pass), n),
                    t.frame(x -> rotated(k.forward(x, pass), kNorm, pass), n),
                    v.forward(n, pass));
        }

        private Var rotated(Var x, @Nullable Norm norm, Pass pass) {
            Var y = norm == null ? x : perHead(x, norm, pass);
            return rotary == null ? y : rotary.rotate(y, pass);
        }

        private Var perHead(Var x, Norm norm, Pass pass) {
            int rows = x.shape().rows();
            int width = x.shape().last();
            Var heads = reshape(x, rows * (width / headDim), headDim);
            return reshape(norm.forward(heads, pass), rows, width);
        }
    }

    /// One linear layer whose outputs are queries, keys and values side by side, as in GPT-2.
    ///
    /// @param qkv from C to (H + 2 G) · D
    /// @param queries values of a row's queries, H·D
    /// @param keys values of a row's keys, G·D
    public record Fused(Linear qkv, int queries, int keys) implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            Var all = qkv.forward(n, pass);
            return new Qkv(
                    sliceColumns(all, 0, queries),
                    sliceColumns(all, queries, queries + keys),
                    sliceColumns(all, queries + keys, queries + 2 * keys));
        }
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape()
                .frame(
                        x -> o.forward(attended(pass.adapters().at(layer, projections.of(x, pass), pass), pass), pass),
                        n);
    }

    private Var attended(Qkv fresh, Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null && pass.attentionGroup() > 0) {
            return ShiftedAttention.attended(
                    fresh, spec, pass.attentionGroup(), pass.rows().layout());
        }
        if (cache == null)
            return attention(fresh.q, fresh.k, fresh.v, spec, pass.rows().layout());
        Tape tape = fresh.q.tape();
        var read = new KvCache.Read(fresh.k.value(), fresh.v.value());
        KvCache.Read all = cache.append(
                tape.kernels(), layer, read, pass.slots(), pass.rows().layout().keys());
        Var keys = tape.constant(all.keys());
        Var values = tape.constant(all.values());
        return attention(fresh.q, keys, values, spec, pass.rows().layout());
    }
}
