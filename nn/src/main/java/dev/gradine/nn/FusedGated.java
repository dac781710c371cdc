package dev.gradine.nn;

import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;

/// Gated feed-forward layer whose gate and whose other half are one linear layer, as in Phi-3.
///
/// ```
/// y = Wdown · (act(g) ∘ u)         [g | u] = W n
/// ```
///
/// Shazeer 2020 (arXiv:2002.05202), eq. 6.
public record FusedGated(Gated.Gate gate, Linear gateUp, Linear down) implements Block.FeedForward {

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> down.forward(gated(gateUp.forward(x, pass)), pass), n);
    }

    private Var gated(Var both) {
        int m = gateUp.out() / 2;
        return gate.of(sliceColumns(both, 0, m), sliceColumns(both, m, 2 * m));
    }
}
