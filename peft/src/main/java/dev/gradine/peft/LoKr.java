package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.Locale;

/// LoKr, low-rank Kronecker product: the update is the Kronecker product of two small matrices, each whole or itself a
/// product of rank R.
///
/// ```
/// ΔW = alpha / R · W₁ ⊗ W₂      (W₁ ⊗ W₂)[o₁·K + o₂, i₁·N + i₂] = W₁[o₁,i₁] · W₂[o₂,i₂]
/// u(X) = alpha / R · W₁ (X W₂ᵀ)  for each input, its values in i₁ rows of i₂
/// ```
///
/// Yeh et al. 2024 (LyCORIS, arXiv:2309.14859), section 3.2. The second line is how it is computed: the update itself
/// is never made. A matrix is a product where R is less than half its longer side, and whole otherwise; W₁ is whole
/// unless both may be split. W₁ starts zero, or its left factor does; everything else is uniform within ±1/√n, n its
/// columns.
///
/// @param ranks rank and scale, which holds for whole matrices too
/// @param split extents of the two matrices
/// @param drops what training leaves out
/// @param initWeights how the matrices begin
public record LoKr(
        @Part Ranks ranks,
        @Part Split split,
        @Part Drops drops,

        @Option(
                says = "What begins as zeros: the left matrix, nothing, or the right one as in LyCORIS.",
                label = "true|false|lycoris",
                peft = "init_weights")
        Zeros initWeights)
        implements Method {

    /// How a layer's matrix is split.
    ///
    /// @param decomposeBoth whether W₁ may be a product, too
    /// @param decomposeFactor wanted extent of W₁, −1 for near the root
    /// @param useEffectiveConv2d whether a factor of W₂ sees a convolution's window alone, where W₂ is split
    public record Split(
            @Option(says = "Let the left matrix be a low-rank product, too.", peft = "decompose_both")
            boolean decomposeBoth,

            @Option(
                    says = "Wanted extent of the left matrix; -1 is near the root of the layer's.",
                    label = "F",
                    peft = "decompose_factor",
                    least = -1)
            @Usual(from = -1, to = 64, why = "near the root, which needs the fewest values", source = "PEFT: -1")
            int decomposeFactor,

            @Option(
                    says = "Of convolutions larger than 1×1: an own factor for what lies within a window.",
                    peft = "use_effective_conv2d")
            boolean useEffectiveConv2d) {}

    /// What training leaves out.
    ///
    /// @param rankDropout probability of leaving out a row of the update
    /// @param rankDropoutScale whether the rows left are divided by their share
    /// @param moduleDropout probability of leaving out an adapter in a pass
    public record Drops(
            @Option(
                    says = "Probability of leaving out a row of the update.",
                    label = "P",
                    peft = "rank_dropout",
                    least = 0,
                    below = 1)
            @Usual(from = 0, to = 0.5, why = "none", source = "PEFT: 0")
            float rankDropout,

            @Option(says = "Divide the rows that are left by their share.", peft = "rank_dropout_scale")
            boolean rankDropoutScale,

            @Option(
                    says = "Probability of leaving out an adapter in a pass.",
                    label = "P",
                    peft = "module_dropout",
                    least = 0,
                    below = 1)
            @Usual(from = 0, to = 0.5, why = "none", source = "PEFT: 0")
            float moduleDropout) {}

    /// What begins as zeros: `init_weights` of PEFT.
    public enum Zeros implements PeftValue {
        /// W₁, or its left factor.
        TRUE,
        /// Nothing.
        FALSE,
        /// W₂, or its right factor.
        LYCORIS;

        @Override
        public Object peft() {
            return this == LYCORIS ? name().toLowerCase(Locale.ROOT) : (Object) (this == TRUE);
        }
    }

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION);

    /// Rank 8, alpha 8, matrices near the root of a layer's.
    public static LoKr defaults() {
        return new LoKr(Ranks.of(8, 8), new Split(false, -1, false), new Drops(0, false, 0), Zeros.TRUE);
    }

    @Override
    public String name() {
        return "lokr";
    }

    @Override
    public String peftType() {
        return "LOKR";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return OverPatches.takes(site);
    }

    @Override
    public Beginning begins() {
        return initWeights == Zeros.FALSE ? Beginning.OTHER : Beginning.SAME;
    }

    @Override
    public long parameters(Site site) {
        Extents e = extents(site);
        long window = window(site);
        long left = e.wholeLeft() ? (long) e.o1() * e.i1() : (long) e.rank() * (e.o1() + e.i1());
        if (e.wholeRight()) return left + window * e.o2() * e.i2();
        if (isSplit(site)) return left + e.rank() * (window * e.rank() + e.o2() + e.i2());
        return left + e.rank() * (window * e.i2() + e.o2());
    }

    /// Values of a convolution's window; of a linear layer one.
    private static long window(Site site) {
        return site instanceof Convolution c ? c.window() : 1;
    }

    private boolean isSplit(Site site) {
        return split.useEffectiveConv2d && window(site) > 1;
    }

    /// Shapes of W₁ `[o1,i1]` and W₂ `[o2,i2]` at one layer; W₂ of a convolution has its window behind them.
    ///
    /// @param both whether W₁ may be a product, too
    private record Extents(int o1, int o2, int i1, int i2, int rank, boolean both) {

        boolean wholeLeft() {
            return !both || 2 * rank >= Math.max(o1, i1);
        }

        boolean wholeRight() {
            return 2 * rank >= Math.max(o2, i2);
        }
    }

    private Extents extents(Site site) {
        Linear l = OverPatches.linear(site);
        int in = l.in() / Math.toIntExact(window(site));
        int o1 = left(l.out(), split.decomposeFactor);
        int i1 = left(in, split.decomposeFactor);
        return new Extents(o1, l.out() / o1, i1, in / i1, ranks.rank(l.path()), split.decomposeBoth);
    }

    /// The left of two factors of `n`: `wanted` if it divides n. Else divisors are taken in turn, as long as they are
    /// at most `wanted` and the sum of the two factors falls; the smaller factor is the left.
    static int left(int n, int wanted) {
        if (wanted > 0 && n % wanted == 0) return wanted;
        int most = wanted == -1 ? n : wanted;
        int m = 1;
        while (m < n / m) {
            int next = m + 1;
            while (n % next != 0) next++;
            if (next > most || next + n / next > n + 1) break;
            m = next;
        }
        return Math.min(m, n / m);
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Extents e = extents(site);
        NamedParams.Builder params = start.params(site);
        boolean left = initWeights == Zeros.TRUE;
        if (e.wholeLeft()) {
            begin(params, left, "lokr_w1", e.o1(), e.i1());
        } else {
            begin(params, left, "lokr_w1_a", e.o1(), e.rank());
            params.kaiming("lokr_w1_b", e.rank(), e.i1());
        }
        right(params, site, e);
        float s = ranks.scale(site.path());
        return OverPatches.over(
                site,
                new AddedOutput(
                        params.build(),
                        (x, h) -> update(x, h, e, s),
                        new Drop(0, drops.moduleDropout),
                        start.number()));
    }

    private void right(NamedParams.Builder params, Site site, Extents e) {
        boolean zero = initWeights == Zeros.LYCORIS;
        int r = e.rank();
        if (e.wholeRight()) {
            begin(params, zero, "lokr_w2", behind(site, e.o2(), e.i2()));
        } else if (isSplit(site)) {
            params.kaiming("lokr_t2", behind(site, r, r)).kaiming("lokr_w2_a", r, e.o2());
            begin(params, zero, "lokr_w2_b", r, e.i2());
        } else {
            params.kaiming("lokr_w2_a", e.o2(), r);
            begin(params, zero, "lokr_w2_b", r, e.i2() * Math.toIntExact(window(site)));
        }
    }

    /// `[n,m]`, of a convolution with its window behind.
    private static int[] behind(Site site, int n, int m) {
        if (!(site instanceof Convolution c)) return new int[] {n, m};
        return new int[] {n, m, c.weight().shape().dim(2), c.weight().shape().dim(3)};
    }

    private static void begin(NamedParams.Builder params, boolean zero, String name, int... extents) {
        if (zero) params.zeros(name, extents);
        else params.kaiming(name, extents);
    }

    private Var update(Var x, Here h, Extents e, float s) {
        int n = x.shape().dim(0);
        Var right = times(reshape(x, n * e.i1(), h.in() / e.i1()), h, "lokr_w2");
        Var columns = permute(reshape(right, n, e.i1(), e.o2()), 0, 2, 1);
        Var left = times(reshape(columns, n * e.o2(), e.i1()), h, "lokr_w1");
        Var y = scale(reshape(permute(reshape(left, n, e.o2(), e.o1()), 0, 2, 1), n, h.out()), s);
        if (!h.training() || drops.rankDropout == 0) return y;
        Var kept = Drop.rows(h.tape(), h.out(), drops.rankDropout, drops.rankDropoutScale, h.seed());
        return mul(y, reshape(kept, h.out()));
    }

    /// `x Mᵀ`, M whole or a product, of two factors or of three.
    private static Var times(Var x, Here h, String name) {
        if (h.values().has(name)) {
            Var whole = h.get(name);
            int rows = whole.shape().dim(0);
            return matMul(x, reshape(whole, rows, whole.value().size() / rows));
        }
        Var a = h.get(name + "_a");
        Var b = h.get(name + "_b");
        boolean split = name.equals("lokr_w2") && h.values().has("lokr_t2");
        return split ? matMul(x, WindowFactors.matrix(h.get("lokr_t2"), a, b)) : matMul(matMul(x, b), a);
    }
}
