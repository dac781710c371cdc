package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// Binary classification of the two answers, each by itself.
///
/// ```
/// L = −log σ(βc) − log σ(−βl)
/// ```
///
/// Jung et al. 2024 (arXiv:2404.04656), without the shift δ.
record BcoPair() implements PairFormula {

    @Override
    public String toString() {
        return "bco_pair";
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var c = scale(s.chosen(), n.beta());
        return neg(add(logSigmoid(c), logSigmoid(scale(s.rejected(), -n.beta()))));
    }
}
