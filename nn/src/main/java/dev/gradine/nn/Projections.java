package dev.gradine.nn;

import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.SelfAttention.Qkv;

/// From rows to the queries, keys and values of an attention layer, ready for the scores.
public interface Projections {

    /// `f32[N,C] → f32[N,H·D], f32[N,G·D], f32[N,G·D]`
    Qkv of(Var n, Pass pass);

    /// What happens to each of the three after its projection.
    record Steps(RowStep q, RowStep k, RowStep v) {

        /// Nothing.
        public static final Steps NONE = new Steps(RowStep.NONE, RowStep.NONE, RowStep.NONE);

        /// One step for queries and keys.
        public static Steps of(RowStep queriesAndKeys) {
            return new Steps(queriesAndKeys, queriesAndKeys, RowStep.NONE);
        }

        /// These, then others.
        public Steps then(Steps next) {
            return new Steps(q.then(next.q), k.then(next.k), v.then(next.v));
        }
    }

    /// Three linear layers, as in Llama.
    record Apart(Linear q, Linear k, Linear v, Steps steps) implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            return new Qkv(one(n, q, steps.q, pass), one(n, k, steps.k, pass), one(n, v, steps.v, pass));
        }

        static Var one(Var n, Linear layer, RowStep step, Pass pass) {
            if (step.equals(RowStep.NONE)) return layer.forward(n, pass);
            return n.tape().frame(x -> step.of(layer.forward(x, pass), pass), n);
        }
    }

    /// Three linear layers, of which the first gives each head its query and a gate of what it
    /// attends, as in Qwen3-Next.
    ///
    /// ```
    /// [q_h | γ_h] = Wq n         y_h = σ(γ_h) ∘ attention(q, k, v)_h
    /// ```
    ///
    /// Qiu et al. 2025 (arXiv:2505.06708), eq. 5.
    record WithGate(Linear q, Linear k, Linear v, int headDim, Steps steps) implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            Var both = q.forward(n, pass);
            Tape t = both.tape();
            Var queries = t.frame(x -> steps.q.of(half(x, 0), pass), both);
            Var keys = Apart.one(n, k, steps.k, pass);
            Var values = Apart.one(n, v, steps.v, pass);
            return new Qkv(queries, keys, values, t.frame(x -> half(x, headDim), both));
        }

        private Var half(Var both, int from) {
            int rows = both.shape().rows();
            int width = both.shape().last() / 2;
            Var heads = reshape(both, rows * (width / headDim), 2 * headDim);
            return reshape(sliceColumns(heads, from, from + headDim), rows, width);
        }
    }

    /// Two linear layers: values are what the keys' layer gives, as in Gemma 4's full layers.
    record KeysAsValues(Linear q, Linear k, Steps steps) implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            Var queries = Apart.one(n, q, steps.q, pass);
            Var both = k.forward(n, pass);
            Tape t = both.tape();
            return new Qkv(queries, t.frame(x -> steps.k.of(x, pass), both), t.frame(x -> steps.v.of(x, pass), both));
        }
    }

    /// One linear layer whose outputs are queries, keys and values, side by side in each of several groups:
    ///
    /// ```
    /// [q | k | v]                    one group: GPT-2, Phi-3
    /// [q₀ k₀ v₀ | q₁ k₁ v₁ | …]      a group of each key head: GPT-NeoX, Falcon
    /// ```
    ///
    /// @param queries values of a group's queries
    /// @param keys values of a group's keys
    record Fused(Linear qkv, int groups, int queries, int keys, Steps steps) implements Projections {

        @Override
        public Qkv of(Var n, Pass pass) {
            Var all = qkv.forward(n, pass);
            Tape t = all.tape();
            int behind = queries + keys;
            return new Qkv(
                    t.frame(x -> steps.q.of(part(x, 0, queries), pass), all),
                    t.frame(x -> steps.k.of(part(x, queries, behind), pass), all),
                    t.frame(x -> steps.v.of(part(x, behind, behind + keys), pass), all));
        }

        private Var part(Var all, int from, int to) {
            if (groups == 1) return sliceColumns(all, from, to);
            int rows = all.shape().rows();
            Var apart = reshape(all, rows * groups, all.shape().last() / groups);
            return reshape(sliceColumns(apart, from, to), rows, groups * (to - from));
        }
    }
}
