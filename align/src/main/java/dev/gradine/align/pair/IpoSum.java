package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.square;

import dev.gradine.autograd.Var;

/// Identity preference optimisation as in the paper: the margin of whole answers is drawn to a finite target.
///
/// ```
/// L = (Δ − 1/(2β))²
/// ```
///
/// Azar et al. 2023 (arXiv:2310.12036), eq. 17; β is the paper's τ.
record IpoSum() implements PairFormula {

    @Override
    public String toString() {
        return "ipo_sum";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return square(shift(s.margin(), -1 / (2 * n.beta())));
    }
}
