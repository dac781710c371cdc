package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;

/// LoHa, low-rank Hadamard product: the update is the product, value by value, of two low-rank matrices, and so may
/// have the rank R².
///
/// ```
/// ΔW = alpha / R · (A₁ B₁) ∘ (A₂ B₂)       A: [O,R], B: [R,I]
/// ```
///
/// Hyeon-Woo, Ye-Bin & Oh 2022 (FedPara, arXiv:2108.06098), proposition 1; Yeh et al. 2024 (LyCORIS,
/// arXiv:2309.14859). B₂ starts zero, the others uniform within ±1/√n, n their columns.
///
/// @param ranks rank and scale
/// @param rankDropout probability of leaving out a row of the update in training
/// @param moduleDropout probability of leaving out an adapter in a pass of training
public record LoHa(
        @Part Ranks ranks,

        @Option(
                says = "Probability of leaving out a row of the update.",
                label = "P",
                peft = "rank_dropout",
                least = 0,
                below = 1)
        float rankDropout,

        @Option(
                says = "Probability of leaving out an adapter in a pass.",
                label = "P",
                peft = "module_dropout",
                least = 0,
                below = 1)
        float moduleDropout)
        implements Method {

    private static final PeftFields FIELDS =
            PeftFields.with(PeftFields.SELECTION).about("init_weights", true).about("use_effective_conv2d", false);

    /// Rank 8, alpha 8.
    public static LoHa defaults() {
        return new LoHa(Ranks.of(8, 8), 0, 0);
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
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        return site instanceof Linear l ? 2L * ranks.rank(l.path()) * (l.in() + l.out()) : 0;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        int r = ranks.rank(l.path());
        NamedParams params = start.params(l)
                .kaiming("hada_w1_a", l.out(), r)
                .kaiming("hada_w1_b", r, l.in())
                .kaiming("hada_w2_a", l.out(), r)
                .zeros("hada_w2_b", r, l.in())
                .build();
        float s = ranks.scale(l.path());
        return new AddedWeight(params, h -> delta(h, s), new Drop(0, moduleDropout), start.number());
    }

    private Var delta(Here h, float s) {
        Var first = matMul(h.get("hada_w1_a"), transpose(h.get("hada_w1_b")));
        Var second = matMul(h.get("hada_w2_a"), transpose(h.get("hada_w2_b")));
        Var d = scale(mul(first, second), s);
        if (!h.training() || rankDropout == 0) return d;
        return mul(d, Drop.rows(h.tape(), h.out(), rankDropout, true, h.seed()));
    }
}
