package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Optimizer.Group;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Momentum whose singular values are all brought near 1. Jordan et al. 2024 (kellerjordan.github.io/posts/muon), as
/// `torch.optim.Muon` has it.
///
/// ```
/// B ← μ B + (1 − μ) g            G = B, or with Nesterov's look ahead (1 − μ) g + μ B
/// X = G / max(‖G‖, 1e-7)         5 times: X ← a X + (b A + c A²) X,  A = X Xᵀ      a, b, c = 3.4445, −4.775, 2.0315
/// p ← p − lr · decay · p − lr · s · X
///
/// s = √max(1, rows / columns)                   original
///     0.2 √max(rows, columns)                   match_rms_adamw: Liu et al. 2025 (arXiv:2502.16982), eq. 4
///     √(rows / columns)                         spectral_unclamped
/// ```
///
/// The iteration is in f32; PyTorch's is in bf16. It is for matrices within a model: vectors, tensors of other ranks,
/// embeddings and heads move by AdamW. Steps of `match_rms_adamw` are as large as AdamW's, so that one learning rate
/// suits both; with the other two, `--adamw-lr-factor` makes AdamW's smaller.
///
/// @param momentum μ, in [0, 1)
/// @param nesterov whether to look ahead
/// @param nsSteps iterations
/// @param adjustLr the factor s
/// @param adamwLrFactor learning rate of what AdamW moves, as a multiple of lr
/// @param moments of what AdamW moves
@Usual(
        from = 1,
        to = 100,
        why = "updates are turned to equal size, 0.02 for whole matrices",
        source = "Jordan et al. 2024; torch.optim.Muon: 1e-3")
public record Muon(
        @Option(says = "Share of the last momentum that is kept.")
        @Usual(
                from = 0.8,
                to = 0.99,
                why = "the value of the formula's author",
                source = "Jordan et al. 2024; torch.optim.Muon: 0.95")
        double momentum,

        @Option(says = "Look ahead along the momentum.") boolean nesterov,

        @Option(says = "Iterations of Newton and Schulz.", least = 1)
        @Usual(
                from = 3,
                to = 10,
                why = "five iterations bring all singular values near 1",
                source = "Jordan et al. 2024; torch.optim.Muon: 5")
        int nsSteps,

        @Option(says = "How steps grow with a matrix: original, match_rms_adamw or spectral_unclamped.")
        AdjustLr adjustLr,

        @Option(says = "Learning rate of what AdamW moves, as a multiple of --lr.")
        @Usual(
                from = 0.01,
                to = 10,
                why = "vectors move at the same rate as matrices",
                source = "a choice of this program: torch.optim.Muon takes matrices only")
        double adamwLrFactor,

        @Part Moments moments)
        implements UpdateRule {

    private static final float A = 3.4445f;
    private static final float B = -4.775f;
    private static final float C = 2.0315f;
    private static final double LEAST = 1e-7;

    /// The factor s of a step, by the matrix's extents.
    public enum AdjustLr {
        ORIGINAL,
        MATCH_RMS_ADAMW,
        SPECTRAL_UNCLAMPED;

        double factor(double rows, double columns) {
            return switch (this) {
                case ORIGINAL -> Math.sqrt(Math.max(1, rows / columns));
                case MATCH_RMS_ADAMW -> 0.2 * Math.sqrt(Math.max(rows, columns));
                case SPECTRAL_UNCLAMPED -> Math.sqrt(rows / columns);
            };
        }
    }

    /// @throws IllegalArgumentException names the number that is out of range
    public Muon {
        require("momentum", momentum, momentum >= 0 && momentum < 1, "0 or more and below 1");
        require("ns-steps", nsSteps, nsSteps >= 1, "at least 1");
        require("adamw-lr-factor", adamwLrFactor, adamwLrFactor >= 0, "at least 0");
    }

    /// PyTorch's, but that steps are as large as AdamW's.
    public static Muon defaults() {
        return new Muon(0.95, true, 5, AdjustLr.MATCH_RMS_ADAMW, 1, Moments.USUAL);
    }

    @Override
    public String name() {
        return "muon";
    }

    private static boolean isMatrix(String name, Shape shape) {
        return shape.rank() == 2 && !name.matches(".*(embed|lm_head|wte|wpe|token_embd).*");
    }

    @Override
    public List<String> notes(List<Group> groups) {
        String others = UpdateRule.share(groups, (name, shape) -> !isMatrix(name, shape));
        return others.isEmpty()
                ? List.of()
                : List.of("muon: %s parameters are no matrices within the model and move by AdamW".formatted(others));
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return isMatrix(name, shape) ? List.of(Kept.signed("momentum", shape)) : Moments.kept(shape);
    }

    @Override
    public void update(Slot s, Turn turn) {
        if (!isMatrix(s.name(), s.shape())) {
            moments.step(s, turn.with(turn.lr() * adamwLrFactor, turn.decay()));
            return;
        }
        try (Kernels k = turn.run().openStep()) {
            Tensor g = s.grad();
            Tensor b = s.kept("momentum");
            k.elementwise().scale(g, (float) turn.gradScale(), g);
            new Means(k).join(b, momentum, g);
            Tensor direction = b;
            if (nesterov) {
                new Means(k).join(g, 1 - momentum, b);
                direction = g;
            }
            double lr = turn.lr() * adjustLr.factor(s.shape().dim(0), s.shape().dim(1));
            k.elementwise().scale(s.value(), (float) (1 - turn.lr() * turn.decay()), s.value());
            k.elementwise().axpy((float) -lr, orthogonal(direction, k), s.value());
        }
    }

    /// X. Of a tall matrix A is XᵀX and stands on the right: the smaller of the two products.
    private Tensor orthogonal(Tensor g, Kernels k) {
        boolean isTall = g.shape().dim(0) > g.shape().dim(1);
        int n = Math.min(g.shape().dim(0), g.shape().dim(1));
        Tensor x = k.emptyLike(g);
        k.elementwise().scale(g, (float) (1 / Math.max(Math.sqrt(k.reduce().sumOfSquares(g)), LEAST)), x);
        Tensor next = k.emptyLike(g);
        Tensor gram = k.empty(Shape.of(n, n));
        Tensor both = k.empty(Shape.of(n, n));
        for (int i = 0; i < nsSteps; i++) {
            if (isTall) k.matMul().tn(x, x, 1, false, gram);
            else k.matMul().nt(x, x, 1, false, gram);
            k.matMul().nn(gram, gram, C, false, both);
            k.elementwise().axpy(B, gram, both);
            if (isTall) k.matMul().nn(x, both, 1, false, next);
            else k.matMul().nn(both, x, 1, false, next);
            k.elementwise().axpy(A, x, next);
            Tensor last = x;
            x = next;
            next = last;
        }
        return x;
    }
}
