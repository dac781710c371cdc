package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sigmoid;

import dev.gradine.autograd.Var;

/// Efficient exact optimisation, two answers: the reverse KL divergence of the policy's preference from the labels'.
///
/// ```
/// L = q · (log q − log(1 − ε)) + (1 − q) · (log(1 − q) − log ε)      q = σ(βΔ)
/// ```
///
/// Ji et al. 2024 (arXiv:2402.00856). It needs an ε above 0, 0.001 say.
record ExoPair() implements PairFormula {

    @Override
    public String toString() {
        return "exo_pair";
    }

    @Override
    public boolean smooths() {
        return true;
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public boolean needsSmoothing() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var x = scale(s.margin(), n.beta());
        double right = Math.log1p(-n.smoothing());
        double wrong = Math.log(n.smoothing());
        Var kept = mul(sigmoid(x), shift(logSigmoid(x), (float) -right));
        return add(kept, mul(sigmoid(neg(x)), shift(logSigmoid(neg(x)), (float) -wrong)));
    }
}
