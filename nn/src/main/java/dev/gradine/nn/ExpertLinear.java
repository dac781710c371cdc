package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.nn.ExpertProduct.expertProduct;

import dev.gradine.autograd.Var;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A linear layer of all experts, which transformers holds in one parameter: `experts.gate_up_proj` has of each expert
/// the rows of gate above those of up. Checkpoints hold the weights apart.
///
/// ```
/// y[r] = x[r] [W_e; V_e]ᵀ + b_e      for each expert e and its rows r
/// ```
///
/// An adapter of the pass may compute in its place: `forward` asks for it.
public final class ExpertLinear implements Site {

    private final String path;
    private final List<List<Weight>> parts;
    private final @Nullable Weight bias;

    /// @param path name in transformers, such as `model.layers.0.mlp.experts.gate_up_proj`
    /// @param parts the weights `[O,I]` of all experts, one list for each part of the rows
    /// @param bias `[E,O]`, or null for none
    ExpertLinear(String path, List<List<Weight>> parts, @Nullable Weight bias) {
        this.path = path;
        this.parts = parts.stream().map(List::copyOf).toList();
        this.bias = bias;
    }

    /// Without a bias.
    public ExpertLinear(String path, List<List<Weight>> parts) {
        this(path, parts, null);
    }

    @Override
    public String path() {
        return path;
    }

    /// The module that has it, such as `model.layers.0.mlp.experts`.
    public String module() {
        return path.substring(0, path.lastIndexOf('.'));
    }

    /// Number of experts E.
    public int experts() {
        return parts.getFirst().size();
    }

    /// Number of inputs I.
    public int in() {
        return parts.getFirst().getFirst().shape().dim(1);
    }

    /// Number of outputs O of each expert, all parts together.
    public int out() {
        return parts.stream().mapToInt(p -> p.getFirst().shape().dim(0)).sum();
    }

    /// Where a weight lies in it.
    ///
    /// @param expert whose it is
    /// @param from first of the expert's O rows that it is
    public record Slice(int expert, int from) {}

    /// Whether `weight` is one of its weights.
    public boolean has(Weight weight) {
        return parts.stream().anyMatch(p -> p.contains(weight));
    }

    /// Where one of its weights lies.
    ///
    /// @throws IllegalArgumentException if it is none of its weights
    public Slice slice(Weight weight) {
        int from = 0;
        for (List<Weight> part : parts) {
            int e = part.indexOf(weight);
            if (e >= 0) return new Slice(e, from);
            from += part.getFirst().shape().dim(0);
        }
        throw new IllegalArgumentException(path + ": " + weight + " is none of its weights");
    }

    /// The layer with whatever stands in for it in this pass, `f32[M,I] → f32[M,O]`.
    public Var forward(Var x, ExpertRows rows, Pass pass) {
        return pass.adapters().at(this).apply(this, x, rows, pass);
    }

    /// The layer itself.
    public Var base(Var x, ExpertRows rows, Pass pass) {
        Var y = product(x, rows, pass);
        if (bias == null) return y;
        Var ofRows = indexSelect(bias.on(x, pass), x.tape().kernels().ofInts(rows.expertOfRow()));
        Var sum = add(y, ofRows);
        ofRows.release();
        y.release();
        return sum;
    }

    private Var product(Var x, ExpertRows rows, Pass pass) {
        List<Var> each = parts.stream()
                .map(p -> expertProduct(x, p.stream().map(w -> w.on(x, pass)).toList(), rows))
                .toList();
        if (each.size() == 1) return each.getFirst();
        Var all = concatColumns(each.getFirst(), each.subList(1, each.size()).toArray(Var[]::new));
        each.forEach(Var::release);
        return all;
    }
}
