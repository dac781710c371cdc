package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// DPO with scores per token, so that long answers have no wider margins.
///
/// ```
/// L = −log σ(β · (c/|c| − l/|l|))
/// ```
///
/// where |·| counts the tokens of an answer. Lambert et al. 2024, Tulu 3 (arXiv:2411.15124).
record SigmoidNorm() implements PairFormula {

    @Override
    public String toString() {
        return "sigmoid_norm";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return neg(logSigmoid(scale(s.marginPerToken(), n.beta())));
    }
}
