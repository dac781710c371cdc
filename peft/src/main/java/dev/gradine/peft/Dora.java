package dev.gradine.peft;

import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.LowRankLinear.lowRankLinear;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.settings.Part;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Weight-decomposed low-rank adaptation: LoRA turns the rows of a weight, a trained magnitude m sets their lengths.
///
/// ```
/// W′ = g ∘ (W + s B A)      g = m / n      n = ‖W + s B A‖, row by row
/// y  = g ∘ (x Wᵀ + s · x Aᵀ Bᵀ) + b
/// ```
///
/// Liu et al. 2024 (arXiv:2402.09353), eq. 5. n is a constant to the gradient (section 4.3) and computed anew in each
/// pass; m starts as n, so that the layer computes what the base did. In training with dropout x′ = drop(x) is what the
/// adapter reads, as in PEFT:
///
/// ```
/// y  = (x − x′) Wᵀ + g ∘ (x′ Wᵀ + s · x′ Aᵀ Bᵀ) + b
/// ```
///
/// Over an embedding, n is the length of a channel over the vocabulary, `h = g ∘ (E[ids] + s · A[:, ids]ᵀ Bᵀ)`.
///
/// @param lora options of the low-rank part
public record Dora(@Part Lora lora) implements Method {

    /// @throws AdapterException if there is a bias behind B: PEFT has none there, and lengths say nothing of it
    public Dora {
        if (lora.loraBias()) throw new AdapterException("dora: lora-bias is true, expected false: DoRA has no bias");
    }

    /// Over LoRA with its defaults.
    public static Dora defaults() {
        return new Dora(Lora.defaults());
    }

    @Override
    public String peftType() {
        return lora.peftType();
    }

    @Override
    public Map<String, Object> marks() {
        return Map.of("use_dora", true);
    }

    @Override
    public PeftFields peftFields() {
        return lora.peftFields();
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        return lora.peftFields(model);
    }

    @Override
    public Beginning begins() {
        return lora.begins() == Beginning.SAME ? Beginning.SAME : Beginning.ROUNDED;
    }

    @Override
    public Optional<Lora> lowRank() {
        return Optional.of(lora);
    }

    @Override
    public Method over(Lora other) {
        return new Dora(other);
    }

    @Override
    public AdapterSet asWritten(AdapterSet set, Kernels k) {
        return lora.written(set, () -> set.overOwnBase(new Dora(lora.twice()), (a, b) -> Lora.less(a, b, k)));
    }

    @Override
    public LayerReplication replication() {
        return lora.replication();
    }

    @Override
    public boolean takes(Site site) {
        return lora.takes(site);
    }

    @Override
    public long parameters(Site site) {
        int lengths = switch (site) {
            case Embedding e -> e.weight().shape().dim(1);
            case Convolution c -> c.out();
            default -> ((Linear) site).out();
        };
        return lora.parameters(site) + lengths;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Adapter low = lora.fresh(site, start);
        Weight weight = Merge.weight(site);
        Param rest = start.siblings().replaced().get(weight); // what the factors have left of the base
        Tensor m = lasting((rest == null ? weight.param() : rest).value(), low, start.run());
        Shape shape = low instanceof LoraConvolution ? Shape.of(1, m.size(), 1, 1) : m.shape();
        Param p = Param.trained(site.path() + ".lora_magnitude_vector", m.reshape(shape), start.run());
        return switch (low) {
            case LoraLinear l -> new OverLinear(l, p, null);
            case LoraConvolution l -> new DoraConvolution(l, p, null);
            default -> new OverRows((LoraEmbedding) low, p, null);
        };
    }

    /// Lengths n of what `low` makes of the weight `w`, in the lifetime `run`.
    static Tensor lasting(Tensor w, Adapter low, Kernels run) {
        Tensor n = run.empty(Shape.of(w.shape().dim(low instanceof EmbeddingAdapter ? 1 : 0)));
        try (Kernels k = run.openStep()) {
            run.copy(lengths(w, low, k), n);
        }
        return n;
    }

    /// n: over the rows of a layer's weight, over the columns of a table.
    static Tensor lengths(Tensor w, Adapter low, Kernels k) {
        Tensor copy = k.empty(w.shape());
        k.copy(w, copy);
        boolean ofRows = !(low instanceof EmbeddingAdapter);
        Tensor v = low.merged(copy, k);
        Tensor n = lengths(ofRows ? rows(v) : v, ofRows, k);
        k.release(copy);
        return n;
    }

    /// A weight as a matrix: of a convolution all that makes one output is a row.
    private static Tensor rows(Tensor w) {
        int out = w.shape().dim(0);
        return w.reshape(Shape.of(out, w.size() / out));
    }

    private static Tensor lengths(Tensor v, boolean ofRows, Kernels k) {
        Tensor squares = k.empty(v.shape());
        k.function().combine(Fn2.MUL, Per.VALUE, v, v, squares);
        Tensor n = k.zeros(Shape.of(v.shape().dim(ofRows ? 0 : 1)));
        if (ofRows) k.reduce().rowSums(squares, n);
        else k.reduce().addColumnSums(squares, n);
        k.release(squares);
        k.function().apply(Fn.SQRT, 0, 0, n, n);
        return n;
    }

    /// g = m / n.
    ///
    /// @param n if it was computed before, else null
    private static Var gain(Tape t, Param m, @Nullable Tensor n, Tensor w, Adapter low) {
        return div(t.param(m), t.constant(n == null ? lengths(w, low, t.kernels()) : n));
    }

    /// The weight of a layer, `v` with its low-rank part, with its lengths changed to m.
    static Tensor withLengths(Tensor v, Param m, Kernels k) {
        Tensor rows = rows(v);
        Tensor g = gain(rows, m, true, k);
        k.elementwise().scaleRows(rows, g, rows);
        k.release(g);
        return v;
    }

    private static Tensor gain(Tensor v, Param m, boolean ofRows, Kernels k) {
        Tensor g = lengths(v, ofRows, k);
        k.function().combine(Fn2.DIV, Per.VALUE, m.value(), g, g);
        return g;
    }

    static SequencedMap<String, Param> params(Adapter low, Param m) {
        SequencedMap<String, Param> all = low.params();
        all.put("lora_magnitude_vector", m);
        return all;
    }

    /// @param n lengths computed before, or null to compute them in each pass
    record OverLinear(LoraLinear low, Param m, @Nullable Tensor n) implements ThinAdapter {

        @Override
        public Var apply(Linear base, Var x, Pass pass) {
            Tape t = x.tape();
            Var w = base.weight(x, pass);
            Var g = gain(t, m, n, w.value(), low);
            if (!drops(pass)) return base.biased(scaled(x, w, g), pass);
            Var left = dropout(x, low.p(), LoraLinear.seed(pass.seed(), low.index()));
            Var lost = sub(x, left);
            Var rest = matMul(lost, w);
            lost.release();
            Var y = scaled(left, w, g);
            left.recompute();
            Var sum = add(rest, y);
            rest.release();
            y.release();
            return base.biased(sum, pass);
        }

        @Override
        public Optional<UnaryOperator<Var>> then(Tape t, Tensor w) {
            Var g = gain(t, m, n, w, low);
            return Optional.of(z -> mul(z, g));
        }

        @Override
        public Beside beside() {
            return Beside.ADDS;
        }

        private Var scaled(Var x, Var w, Var g) {
            Var z = lowRankLinear(x, w, x.tape().param(low.a()), x.tape().param(low.b()), low.s());
            Var y = mul(z, g);
            z.release();
            return y;
        }

        @Override
        public SequencedMap<String, Param> params() {
            return Dora.params(low, m);
        }

        @Override
        public OverLinear over(UnaryOperator<Param> values) {
            return new OverLinear(low.over(values), values.apply(m), null);
        }

        @Override
        public OverLinear settled(Tensor w, Kernels run) {
            return new OverLinear(low, m, lasting(w, low, run));
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            return withLengths(low.merged(w, k), m, k);
        }
    }

    /// @param n lengths computed before, or null to compute them in each pass
    private record OverRows(
            LoraEmbedding low, Param m, @Nullable Tensor n) implements EmbeddingAdapter {

        @Override
        public Var apply(Embedding base, Var h, Pass pass) {
            Tensor table = pass.adapters().at(base.weight()).value();
            Var z = low.apply(base, h, pass);
            Var y = mul(z, gain(h.tape(), m, n, table, low));
            z.release();
            return y;
        }

        @Override
        public SequencedMap<String, Param> params() {
            return Dora.params(low, m);
        }

        @Override
        public OverRows over(UnaryOperator<Param> values) {
            return new OverRows(low.over(values), values.apply(m), null);
        }

        @Override
        public OverRows settled(Tensor w, Kernels run) {
            return new OverRows(low, m, lasting(w, low, run));
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            Tensor v = low.merged(w, k);
            Tensor g = gain(v, m, false, k);
            k.function().combine(Fn2.MUL, Per.COLUMN, v, g, v);
            k.release(g);
            return v;
        }
    }
}
