package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// Robust DPO: an unbiased estimate of DPO's loss where labels are wrong with probability ε.
///
/// ```
/// L = (−(1 − ε) · log σ(βΔ) + ε · log σ(−βΔ)) / (1 − 2ε)
/// ```
///
/// Chowdhury et al. 2024 (arXiv:2403.00409). It may be negative.
record Robust() implements PairFormula {

    @Override
    public String toString() {
        return "robust";
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
    public Var loss(Scores s, Numbers n) {
        Var x = scale(s.margin(), n.beta());
        float e = n.smoothing();
        Var likely = scale(logSigmoid(x), (e - 1) / (1 - 2 * e));
        return add(likely, scale(logSigmoid(neg(x)), e / (1 - 2 * e)));
    }
}
