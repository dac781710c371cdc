package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// Alignment by optimal transport, unpaired: the scores of chosen answers, sorted, are to lie above those of rejected
/// ones.
///
/// ```
/// L_i = −(1 − ε) · log σ(βd_i) − ε · log σ(−βd_i)      d = sorted(c) − sorted(l)
/// ```
///
/// Melnyk et al. 2024 (arXiv:2406.05882).
record AotUnpaired() implements PairFormula {

    @Override
    public String toString() {
        return "aot_unpaired";
    }

    @Override
    public boolean smooths() {
        return true;
    }

    @Override
    public boolean ranksBatch() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return PairFormula.logistic(scale(s.marginOfSorted(), n.beta()), n.smoothing());
    }
}
