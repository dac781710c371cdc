package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.relu;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;

import dev.gradine.autograd.Var;

/// Hinge loss: a pair whose margin is wide enough is let go.
///
/// ```
/// L = max(0, 1 − βΔ)
/// ```
///
/// Zhao et al. 2023, SLiC-HF (arXiv:2305.10425), with scores against a reference as in Liu et al. 2023, RSO
/// (arXiv:2309.06657).
record Hinge() implements PairFormula {

    @Override
    public String toString() {
        return "hinge";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return relu(shift(scale(s.margin(), -n.beta()), 1));
    }
}
