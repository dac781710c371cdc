package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;

/// LoHa, low-rank Hadamard product: the update is the product, value by value, of two low-rank matrices, and so may
/// have the rank R².
///
/// ```
/// ΔW = alpha / R · (A₁ B₁) ∘ (A₂ B₂)       A: [O,R], B: [R,I]
/// ```
///
/// Hyeon-Woo, Ye-Bin & Oh 2022 (FedPara, arXiv:2108.06098), proposition 1; Yeh et al. 2024 (LyCORIS,
/// arXiv:2309.14859). B₂ starts zero, the others uniform within ±1/√n, n their columns. A convolution is adapted as the
/// matrix `[O, C · R · S]`.
///
/// @param ranks rank and scale
/// @param rankDropout probability of leaving out a row of the update in training
/// @param moduleDropout probability of leaving out an adapter in a pass of training
/// @param useEffectiveConv2d whether the two matrices of a convolution larger than 1×1 are products of three factors
public record LoHa(
        @Part Ranks ranks,

        @Option(
                says = "Probability of leaving out a row of the update.",
                label = "P",
                peft = "rank_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.5, why = "none", source = "PEFT: 0")
        float rankDropout,

        @Option(
                says = "Probability of leaving out an adapter in a pass.",
                label = "P",
                peft = "module_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.5, why = "none", source = "PEFT: 0")
        float moduleDropout,

        @Option(
                says = "Of convolutions larger than 1×1: an own factor for what lies within a window.",
                peft = "use_effective_conv2d")
        boolean useEffectiveConv2d)
        implements Method {

    private static final PeftFields FIELDS =
            PeftFields.with(PeftFields.SELECTION).about("init_weights", true);

    /// Rank 8, alpha 8.
    public static LoHa defaults() {
        return new LoHa(Ranks.of(8, 8), 0, 0, false);
    }

    @Override
    public String name() {
        return "loha";
    }

    @Override
    public String peftType() {
        return "LOHA";
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
    public long parameters(Site site) {
        long r = ranks.rank(site.path());
        if (site instanceof Convolution c && isSplit(c)) return 2 * r * (c.channels() + c.out() + r * c.window());
        Linear l = OverPatches.linear(site);
        return 2 * r * (l.in() + l.out());
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        int r = ranks.rank(site.path());
        NamedParams.Builder params = start.params(site);
        if (site instanceof Convolution c && isSplit(c)) split(params, c, r);
        else whole(params, OverPatches.linear(site), r);
        float s = ranks.scale(site.path());
        return OverPatches.over(
                site, new AddedWeight(params.build(), h -> delta(h, s), new Drop(0, moduleDropout), start.number()));
    }

    private boolean isSplit(Convolution c) {
        return useEffectiveConv2d && c.window() > 1;
    }

    private static void whole(NamedParams.Builder params, Linear l, int r) {
        params.kaiming("hada_w1_a", l.out(), r)
                .kaiming("hada_w1_b", r, l.in())
                .kaiming("hada_w2_a", l.out(), r)
                .zeros("hada_w2_b", r, l.in());
    }

    private static void split(NamedParams.Builder params, Convolution c, int r) {
        Shape w = c.weight().shape();
        params.kaiming("hada_t1", r, r, w.dim(2), w.dim(3))
                .kaiming("hada_w1_a", r, c.out())
                .kaiming("hada_w1_b", r, c.channels())
                .kaiming("hada_t2", r, r, w.dim(2), w.dim(3))
                .kaiming("hada_w2_a", r, c.out())
                .zeros("hada_w2_b", r, c.channels());
    }

    private Var delta(Here h, float s) {
        Var d = scale(mul(factor(h, 1), factor(h, 2)), s);
        if (!h.training() || rankDropout == 0) return d;
        return mul(d, Drop.rows(h.tape(), h.out(), rankDropout, true, h.seed()));
    }

    /// One of the two low-rank matrices, `f32[O,I]`.
    private static Var factor(Here h, int number) {
        Var a = h.get("hada_w%d_a".formatted(number));
        Var b = h.get("hada_w%d_b".formatted(number));
        String t = "hada_t" + number;
        return h.values().has(t) ? WindowFactors.matrix(h.get(t), a, b) : matMul(a, transpose(b));
    }
}
