package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A convolution of each channel over the last few tokens.
///
/// ```
/// y_t = b + Σ_i w_i ∘ u_{t−k+1+i}         0 ≤ i < k, u before the first token is 0
/// ```
///
/// A sequence keeps its last k − 1 rows of u for the tokens that follow.
///
/// @param kernel w `[C,1,k]`
/// @param bias b `[C]`, or null for none
/// @param layer number of the layer, for the cache
public record CausalConvolution(Weight kernel, @Nullable Weight bias, int layer) {

    /// Channels C.
    public int channels() {
        return kernel.shape().dim(0);
    }

    private int taps() {
        return kernel.shape().dim(2);
    }

    /// What it keeps of a sequence, beside a state of `state` values.
    KvCache.PerSequence kept(int state) {
        return new KvCache.PerSequence(taps() - 1, channels(), state);
    }

    /// `f32[N,C] → f32[N,C]`
    public Var forward(Var u, Pass pass) {
        Places places = new Places(
                pass.rows().layout(), pass.states(), taps() - 1, u.shape().rows());
        Var zero = u.tape().constant(u.tape().kernels().zeros(u.value().dtype(), Shape.of(1, channels())));
        Var rows = history(u, zero, pass);
        Var w = reshape(kernel.on(u, pass), channels(), taps());
        Var sum = tap(rows, w, taps() - 1, places.before(0));
        for (int back = 1; back < taps(); back++) {
            sum = add(sum, tap(rows, w, taps() - 1 - back, places.before(back)));
        }
        KvCache cache = pass.cache();
        if (cache != null) keep(rows, cache, places);
        return bias == null ? sum : add(sum, bias.on(sum, pass));
    }

    /// The fresh rows, one of zeros, and those that are kept of all sequences.
    private Var history(Var u, Var zero, Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null) return concatRows(u, zero);
        return concatRows(u, zero, u.tape().constant(cache.tails(layer)));
    }

    private Var tap(Var rows, Var w, int tap, int[] from) {
        Var of = indexSelect(rows, rows.tape().kernels().ofInts(from));
        return mul(of, reshape(sliceColumns(w, tap, tap + 1), channels()));
    }

    /// Writes the last rows of each sequence that has fresh ones over those kept of it.
    private void keep(Var rows, KvCache cache, Places places) {
        Kernels k = rows.tape().kernels();
        Tensor tails = cache.tails(layer);
        for (int s = 0; s < places.layout.count(); s++) {
            if (places.layout.queries(s) == 0) continue;
            int to = places.states.get(s) * places.tail;
            Var last = indexSelect(rows, k.ofInts(places.last(s)));
            k.copy(last.value(), tails.rows(to, to + places.tail));
        }
    }

    /// Where a row lies among fresh rows, the one of zeros, and those kept.
    private static final class Places {
        final Sequences layout;
        final List<Integer> states;
        final int tail; // rows kept of a sequence
        final int none; // the row of zeros

        Places(Sequences layout, List<Integer> states, int tail, int fresh) {
            this.layout = layout;
            this.states = states;
            this.tail = tail;
            this.none = fresh;
        }

        /// For each fresh row, the one that stands `back` rows before it.
        int[] before(int back) {
            int[] rows = new int[layout.queries()];
            for (int s = 0; s < layout.count(); s++) {
                for (int i = 0; i < layout.queries(s); i++) rows[layout.queryStart(s) + i] = row(s, i - back);
            }
            return rows;
        }

        /// The last rows of a sequence.
        int[] last(int s) {
            int[] rows = new int[tail];
            for (int i = 0; i < tail; i++) rows[i] = row(s, layout.queries(s) - tail + i);
            return rows;
        }

        /// @param place counted from the first fresh row of the sequence; those below 0 are kept, or of its parent
        private int row(int sequence, int place) {
            int s = sequence;
            int at = place;
            while (at < 0) {
                if (layout.keys(s) > layout.queries(s)) return none + 1 + states.get(s) * tail + tail + at;
                s = layout.parent(s);
                if (s < 0) return none;
                at += layout.queries(s);
            }
            return layout.queryStart(s) + at;
        }
    }
}
