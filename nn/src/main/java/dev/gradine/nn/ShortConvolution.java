package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.Sequences;
import org.jspecify.annotations.Nullable;

/// A gated convolution over the last few tokens, in the place of attention.
///
/// ```
/// [b | c | x] = Win n         u = b ∘ x
/// y_t = Wout (c_t ∘ Σ_i w_i ∘ u_{t−k+1+i})         0 ≤ i < k, u before the first token is 0
/// ```
///
/// Liquid AI 2025 (arXiv:2511.23404), section 2. What is kept of a token is its u: the tokens that follow read it
/// there.
///
/// @param kernel w `[C,1,k]`
/// @param bias of the convolution `[C]`, or null for none
/// @param layer number of the layer, for the cache
public record ShortConvolution(
        Linear in, Weight kernel, @Nullable Weight bias, Linear out, int layer) implements Block.Mixer {

    @Override
    public KvCache.PerToken kept() {
        return new KvCache.PerToken(0, channels());
    }

    private int channels() {
        return kernel.shape().dim(0);
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> mixed(x, pass), n);
    }

    private Var mixed(Var n, Pass pass) {
        int c = channels();
        Var all = in.forward(n, pass);
        Var u = mul(sliceColumns(all, 0, c), sliceColumns(all, 2 * c, 3 * c));
        Var y = convolved(history(u, pass), pass);
        if (bias != null) y = add(y, bias.on(y, pass));
        return out.forward(mul(sliceColumns(all, c, 2 * c), y), pass);
    }

    /// u of all tokens that may be read, those of the cache included.
    private Var history(Var u, Pass pass) {
        KvCache cache = pass.cache();
        if (cache == null) return u;
        Tape tape = u.tape();
        var fresh = new KvCache.Read(u.value(), u.value());
        int rows = pass.rows().layout().keys();
        return tape.constant(
                cache.append(tape.kernels(), layer, fresh, pass.slots(), rows).keys());
    }

    private Var convolved(Var u, Pass pass) {
        Kernels k = u.tape().kernels();
        int taps = kernel.shape().dim(2);
        int none = u.shape().rows();
        Var zero = u.tape().constant(k.zeros(u.value().dtype(), Shape.of(1, channels())));
        Var rows = concatRows(u, zero);
        Var w = reshape(kernel.on(u, pass), channels(), taps);
        Var sum = tap(rows, w, taps - 1, before(pass.rows().layout(), 0, none));
        for (int back = 1; back < taps; back++) {
            sum = add(sum, tap(rows, w, taps - 1 - back, before(pass.rows().layout(), back, none)));
        }
        return sum;
    }

    private Var tap(Var rows, Var w, int tap, int[] from) {
        Var of = indexSelect(rows, rows.tape().kernels().ofInts(from));
        return mul(of, reshape(sliceColumns(w, tap, tap + 1), channels()));
    }

    /// For each token, the row of the one that stands `back` tokens before it.
    ///
    /// @param none the row of tokens before the first
    private static int[] before(Sequences layout, int back, int none) {
        int[] rows = new int[layout.queries()];
        for (int s = 0; s < layout.count(); s++) {
            for (int i = 0; i < layout.queries(s); i++) {
                int place = layout.keys(s) - layout.queries(s) + i - back;
                rows[layout.queryStart(s) + i] = row(layout, s, place, none);
            }
        }
        return rows;
    }

    /// The row of a place of a sequence; places below 0 are those of the sequence that it continues.
    private static int row(Sequences layout, int sequence, int place, int none) {
        int s = sequence;
        int at = place;
        while (at < 0 && layout.parent(s) >= 0) {
            s = layout.parent(s);
            at += layout.keys(s);
        }
        return at < 0 ? none : layout.keyStart(s) + at;
    }
}
