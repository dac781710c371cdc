package dev.gradine.peft;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.PutRows.putRows;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Rows of a table or matrix that are trained while the others stay as they are.
///
/// ```
/// W′[tokens_i] = V_i, else W        h = W′[ids]        z = x W′ᵀ + b
/// ```
///
/// PEFT's trainable tokens. V starts as the rows of W. A head that is tied to an embedding follows its V.
///
/// @param values V, trained, `f32[n,C]`
/// @param follows whether V is that of a module tied to this one
record TrainedRows(List<Integer> tokens, Param values, boolean follows) {

    /// Puts rows of tokens at `site` into a set, or those of a module before it whose weight it shares.
    static void add(AdapterSet set, Site site, Start start) {
        if (site instanceof ExpertLinear) return;
        Weight w = Merge.weight(site);
        boolean isInput = set.model().embeddings().indexOf(site) == 0;
        List<Integer> tokens = set.method().tokens(site, set.selection(), isInput);
        for (var e : set.rows().entrySet()) {
            boolean tied = Merge.weight(e.getKey()).param() == w.param();
            if (!tied || !(tokens.isEmpty() || tokens.equals(e.getValue().tokens()))) continue;
            set.rows().put(site, e.getValue().followed());
            return;
        }
        if (tokens.isEmpty()) return;
        if (set.adapter(site) != null || set.selection().saves(site.path())) {
            throw new AdapterException("trainable_token_indices: %s is trained otherwise, too; expected one of the two"
                    .formatted(site.path()));
        }
        set.rows().put(site, fresh(site, w, tokens, set.method().drawsRows(), start));
    }

    /// Rows of the checkpoint to begin with, or normally distributed ones.
    ///
    /// @param random whether they are drawn
    static TrainedRows fresh(Site site, Weight w, List<Integer> tokens, boolean random, Start start) {
        TokenIndices.requireEachOnce(tokens);
        int rows = w.shape().dim(0);
        for (int t : tokens) {
            if (t < 0 || t >= rows) {
                throw new AdapterException(
                        "token_indices: token %d at %s, expected 0 to %d".formatted(t, site.path(), rows - 1));
            }
        }
        Tensor v = start.run().empty(Shape.of(tokens.size(), w.shape().dim(1)));
        if (random) PromptTuning.normal(v, start);
        else
            start.run()
                    .indexSelect()
                    .forward(start.run().ofInts(ints(tokens)), w.param().value(), v);
        return new TrainedRows(tokens, Param.trained(site.path() + ".trainable_tokens_delta", v, start.run()), false);
    }

    /// The same rows at a module that is tied to theirs.
    TrainedRows followed() {
        return new TrainedRows(tokens, values, true);
    }

    TrainedRows over(UnaryOperator<Param> others) {
        return new TrainedRows(tokens, others.apply(values), follows);
    }

    /// `h` with the rows of trained tokens in it.
    Var looked(Var h, Pass pass) {
        Map<Integer, Integer> number = new HashMap<>();
        for (int i = 0; i < tokens.size(); i++) number.put(tokens.get(i), i);
        int[] ids = pass.rows().ids();
        int[] at = new int[ids.length];
        int[] from = new int[ids.length];
        int n = 0;
        for (int i = 0; i < ids.length; i++) {
            Integer row = number.get(ids[i]);
            if (row == null) continue;
            at[n] = i;
            from[n++] = row;
        }
        if (n == 0) return h;
        Tape t = h.tape();
        Var each = indexSelect(t.param(values), t.kernels().ofInts(Arrays.copyOf(from, n)));
        Var y = putRows(h, each, Arrays.copyOf(at, n));
        each.release();
        h.release();
        return y;
    }

    /// `y = x Wᵀ + b` with the columns of trained rows in it.
    Var multiplied(Linear layer, Var y, Var x, Pass pass) {
        int n = tokens.size();
        int rows = y.shape().dim(0);
        int width = y.shape().dim(1);
        Var columns = biased(layer, matMul(x, x.tape().param(values)), pass);
        int[] at = new int[rows * n];
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < n; i++) at[r * n + i] = Math.addExact(Math.multiplyExact(r, width), tokens.get(i));
        }
        Var put = putRows(reshape(y, rows * width, 1), reshape(columns, rows * n, 1), at);
        return reshape(put, rows, width);
    }

    private Var biased(Linear layer, Var columns, Pass pass) {
        if (!layer.hasBias()) return columns;
        Var all = reshape(layer.bias().on(columns, pass), layer.out(), 1);
        Var own = indexSelect(all, columns.tape().kernels().ofInts(ints(tokens)));
        return addBias(columns, reshape(own, tokens.size()));
    }

    /// `w` with the trained rows in it.
    Tensor merged(Tensor w, Kernels k) {
        k.layout().putRows(k.ofInts(ints(tokens)), values.value(), w);
        return w;
    }

    private static int[] ints(List<Integer> all) {
        return all.stream().mapToInt(Integer::intValue).toArray();
    }
}
