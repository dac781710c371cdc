package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Second moments of matrices kept as one number a row and one a column. Shazeer & Stern 2018 (arXiv:1804.04235),
/// algorithms 4 and 5, as `transformers` has them.
///
/// ```
/// β = 1 − t^decayRate
/// matrix:  r ← β r + (1 − β) row means of (g² + ε₁)      c likewise of columns      U = g / √(r / mean r) / √c
/// other:   v ← β v + (1 − β) (g² + ε₁)                                               U = g / √v
/// U ← α · U / max(1, rms(U) / d)                          m ← β₁ m + (1 − β₁) U       with beta1, m instead of U
/// p ← p − decay · α · p − U                               α: the step size, `Steps`
/// ```
///
/// A tensor of more axes is so many matrices of its last two.
///
/// @param steps the step size α
/// @param squareEps ε₁, added to squares
/// @param clipThreshold d, largest rms of U
/// @param decayRate exponent of t, below 0
/// @param beta1 decay of a momentum, in [0, 1); null for none, which saves its memory
@Usual(
        from = 1,
        to = 100,
        why = "with steps in proportion to a parameter's size; as AdamW without",
        source = "Shazeer & Stern 2018, table 1: 1e-2; transformers: 1e-3")
public record Adafactor(
        @Part Steps steps,

        @Option(says = "Added to squares of gradients.")
        @Usual(
                from = 1e-38,
                to = 1e-8,
                why = "only guards against division by 0",
                source = "Shazeer & Stern 2018, table 1 (eps 1); transformers: 1e-30")
        double squareEps,

        @Option(says = "Largest root mean square of an update at step size 1.")
        @Usual(
                from = 0.5,
                to = 10,
                why = "an update as large as the step size says, and no larger",
                source = "Shazeer & Stern 2018; transformers: 1")
        double clipThreshold,

        @Option(says = "Second moments forget by 1 − t^X.")
        @Usual(
                from = -1,
                to = -0.5,
                why = "second moments remember more as the run goes on",
                source = "Shazeer & Stern 2018; transformers: -0.8")
        double decayRate,

        @Option(says = "Decay of a momentum.", otherwise = "no momentum")
        @Usual(
                from = 0,
                to = 0.99,
                why = "no momentum: it would cost the memory that is saved",
                source = "Shazeer & Stern 2018; transformers: none")
        @Nullable
        Double beta1)
        implements UpdateRule {

    /// The step size α of a parameter.
    ///
    /// ```
    /// α = lr                                   relative: min(1e-2, 1 / √t), warming up: min(1e-6 t, 1 / √t)
    /// α ← α · max(ε₂, rms(p))                  with scaleParameter
    /// ```
    ///
    /// @param scaleParameter whether a parameter of larger values takes larger steps
    /// @param relativeStep whether α is found from t, and the learning rate is not read
    /// @param warmupInit whether a relative step warms up
    /// @param leastScale ε₂, for parameters near 0
    public record Steps(
            @Option(says = "Steps in proportion to a parameter's root mean square.")
            boolean scaleParameter,

            @Option(says = "Find the step size from the number of the step; the learning rate is not read.")
            boolean relativeStep,

            @Option(says = "Let relative steps warm up.") boolean warmupInit,

            @Option(says = "Least root mean square for scale-parameter.")
            @Usual(
                    from = 1e-5,
                    to = 0.1,
                    why = "a parameter that begins at 0 must be able to move",
                    source = "Shazeer & Stern 2018, table 1 (eps 2); transformers: 1e-3")
            double leastScale) {

        /// @throws IllegalArgumentException if an option has nothing to act on
        public Steps {
            require("warmup-init", warmupInit, relativeStep || !warmupInit, "relative-step with it");
            require("least-scale", leastScale, leastScale >= 0, "at least 0");
        }

        private double size(Slot s, Turn turn) {
            double size = turn.lr();
            if (relativeStep) size = Math.min(warmupInit ? 1e-6 * turn.t() : 1e-2, 1 / Math.sqrt(turn.t()));
            return scaleParameter ? size * Math.max(leastScale, new Means(turn.run()).rms(s.value())) : size;
        }
    }

    /// @throws IllegalArgumentException names the number that is out of range
    public Adafactor {
        require("square-eps", squareEps, squareEps > 0, "above 0");
        require("clip-threshold", clipThreshold, clipThreshold > 0, "above 0");
        require("decay-rate", decayRate, decayRate < 0, "below 0");
        if (beta1 != null) require("beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
    }

    /// Those of `transformers`' trainer: a given learning rate, no scale, no momentum.
    public static Adafactor defaults() {
        return new Adafactor(new Steps(false, false, false, 1e-3), 1e-30, 1, -0.8, null);
    }

    @Override
    public String name() {
        return "adafactor";
    }

    @Override
    public List<String> notes(List<Optimizer.Group> groups) {
        return steps.relativeStep()
                ? List.of("adafactor finds its step size itself (relative-step): learning rate and schedule do nothing")
                : List.of();
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        List<Kept> all = new ArrayList<>();
        if (shape.rank() >= 2) {
            all.add(Kept.positive("row", Shape.of(shape.rows())));
            all.add(Kept.positive("column", Shape.of(matrices(shape), shape.last())));
        } else {
            all.add(Kept.positive("v", shape));
        }
        if (beta1 != null) all.add(Kept.signed("m", shape));
        return all;
    }

    private static int matrices(Shape shape) {
        return shape.rows() / shape.dim(shape.rank() - 2);
    }

    @Override
    public void update(Slot s, Turn turn) {
        double size = steps.size(s, turn);
        try (Kernels k = turn.run().openStep()) {
            Tensor g = s.grad();
            k.elementwise().scale(g, (float) turn.gradScale(), g);
            double beta = 1 - Math.pow(turn.t(), decayRate);
            if (s.shape().rank() >= 2) factored(s, beta, k);
            else whole(s, beta, k);
            double rms = new Means(k).rms(g);
            k.elementwise().scale(g, (float) (size / Math.max(1, rms / clipThreshold)), g);
            Tensor step = g;
            if (beta1 != null) {
                step = s.kept("m");
                new Means(k).join(step, beta1, g);
            }
            k.elementwise().scale(s.value(), (float) (1 - turn.decay() * size), s.value());
            k.elementwise().axpy(-1, step, s.value());
        }
    }

    private Tensor squares(Tensor g, Kernels k) {
        Tensor squares = new Means(k).product(g, g);
        k.function().apply(Fn.SHIFT, (float) squareEps, 0, squares, squares);
        return squares;
    }

    /// `g ← g / √v`
    private void whole(Slot s, double beta, Kernels k) {
        new Means(k).join(s.kept("v"), beta, squares(s.grad(), k));
        divide(Per.VALUE, s.grad(), s.kept("v"), k);
    }

    private static void divide(Per per, Tensor g, Tensor v, Kernels k) {
        Tensor root = k.emptyLike(v);
        k.function().apply(Fn.RSQRT, 0, 0, v, root);
        k.function().combine(Fn2.MUL, per, g, root, g);
    }

    /// `g ← g / √(r / mean r) / √c`
    private void factored(Slot s, double beta, Kernels k) {
        Shape shape = s.shape();
        int matrices = matrices(shape);
        Tensor g = s.grad().reshape(Shape.of(shape.rows(), shape.last()));
        Tensor squares = squares(g, k);
        Tensor rows = k.empty(Shape.of(shape.rows()));
        k.reduce().rowSums(squares, rows);
        k.elementwise().scale(rows, 1f / shape.last(), rows);
        new Means(k).join(s.kept("row"), beta, rows);
        int tall = shape.rows() / matrices;
        for (int i = 0; i < matrices; i++) {
            Tensor columns = k.zeros(Shape.of(shape.last()));
            k.reduce().addColumnSums(squares.rows(i * tall, (i + 1) * tall), columns);
            k.elementwise().scale(columns, 1f / tall, columns);
            Tensor c = s.kept("column").rows(i, i + 1).reshape(columns.shape());
            new Means(k).join(c, beta, columns);
            Tensor part = g.rows(i * tall, (i + 1) * tall);
            Tensor r = s.kept("row").rows(i * tall, (i + 1) * tall);
            divide(Per.COLUMN, part, c, k);
            divide(Per.ROW, part, r, k);
            k.elementwise().scale(part, (float) Math.sqrt(mean(r, k)), part);
        }
    }

    private static double mean(Tensor r, Kernels k) {
        double sum = 0;
        for (float x : k.download(r)) sum += x;
        return sum / r.size();
    }
}
