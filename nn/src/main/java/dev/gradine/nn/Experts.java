package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Tensor;

/// A feed-forward layer of many experts, of which each token has a few: a mixture of experts.
///
/// ```
/// y = Σ_e share_e · Wdown_e inner(Wgate_up_e n)      over the experts that the router chose
/// y = Σ_e Wdown_e inner(Wgate_up_e (share_e · n))    where shares go in front, as in Llama 4
/// ```
///
/// Shazeer et al. 2017 (arXiv:1701.06538), eq. 1, with gated experts.
///
/// @param inner from the outputs of gate and up to what `down` reads
/// @param gateUp gate and up of all experts, `[E,2I,C]`
/// @param down `[E,C,I]`
/// @param isShareInFront whether the share of an expert is a factor of what it reads, not of what it gives
public record Experts(Router router, Inner inner, ExpertLinear gateUp, ExpertLinear down, boolean isShareInFront)
        implements Block.FeedForward {

    /// From the outputs of gate and up, `f32[M,2I]`, to `f32[M,I]`.
    @FunctionalInterface
    public interface Inner {
        /// The activation.
        Var of(Var gateUp);

        /// Gate and up side by side: `act(gate) ∘ up`.
        static Inner halves(Gated.Gate gate) {
            return both -> {
                int m = both.shape().last() / 2;
                return gate.of(sliceColumns(both, 0, m), sliceColumns(both, m, 2 * m));
            };
        }
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> mixed(x, pass), n);
    }

    private Var mixed(Var n, Pass pass) {
        Router.Routed routed = router.route(n, pass);
        Var x = indexSelect(n, routed.tokens());
        if (isShareInFront) x = mul(x, routed.shares());
        Var wide = inner.of(gateUp.forward(x, routed.rows(), pass));
        Var y = down.forward(wide, routed.rows(), pass);
        if (!isShareInFront) y = mul(y, routed.shares());
        Var sum = indexSelect(y, routed.places().getFirst());
        for (Tensor place : routed.places().subList(1, routed.places().size())) sum = add(sum, indexSelect(y, place));
        return sum;
    }
}
