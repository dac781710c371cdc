package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.square;

import dev.gradine.autograd.Var;

/// Identity preference optimisation, per token: the margin is drawn to a finite target.
///
/// ```
/// L = (c/|c| − l/|l| − 1/(2β))²
/// ```
///
/// where |·| counts the tokens of an answer. Azar et al. 2023 (arXiv:2310.12036), eq. 17, with means for sums as its
/// authors advise and TRL does; `ipo_sum` is the paper's.
record Ipo() implements PairFormula {

    @Override
    public String toString() {
        return "ipo";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return square(shift(s.marginPerToken(), -1 / (2 * n.beta())));
    }
}
