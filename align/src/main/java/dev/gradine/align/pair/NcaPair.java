package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// Noise contrastive alignment, two answers: the chosen one is kept likely by itself, not only against the other.
///
/// ```
/// L = −log σ(βc) − ½ log σ(−βc) − ½ log σ(−βl)
/// ```
///
/// Chen et al. 2024 (arXiv:2402.05369), with two answers of rewards 1 and 0.
record NcaPair() implements PairFormula {

    @Override
    public String toString() {
        return "nca_pair";
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var c = scale(s.chosen(), n.beta());
        Var l = scale(s.rejected(), n.beta());
        Var unlikely = add(logSigmoid(neg(c)), logSigmoid(neg(l)));
        return sub(scale(unlikely, -0.5f), logSigmoid(c));
    }
}
