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
/// y = Σ_e share_e · Wdown_e (act(Wgate_e n) ∘ Wup_e n)      over the experts that the router chose
/// ```
///
/// Shazeer et al. 2017 (arXiv:1701.06538), eq. 1, with gated experts.
///
/// @param gateUp gate and up of all experts, `[E,2M,C]`
/// @param down `[E,C,M]`
public record Experts(Router router, Gated.Gate gate, ExpertLinear gateUp, ExpertLinear down)
        implements Block.FeedForward {

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> mixed(x, pass), n);
    }

    private Var mixed(Var n, Pass pass) {
        Router.Routed routed = router.route(n, pass);
        Var x = indexSelect(n, routed.tokens());
        Var wide = gateUp.forward(x, routed.rows(), pass);
        int m = gateUp.out() / 2;
        Var inner = gate.of(sliceColumns(wide, 0, m), sliceColumns(wide, m, 2 * m));
        Var y = mul(down.forward(inner, routed.rows(), pass), routed.shares());
        Var sum = indexSelect(y, routed.places().getFirst());
        for (Tensor place : routed.places().subList(1, routed.places().size())) sum = add(sum, indexSelect(y, place));
        return sum;
    }
}
