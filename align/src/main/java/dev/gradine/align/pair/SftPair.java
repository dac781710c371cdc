package dev.gradine.align.pair;

import dev.gradine.autograd.Var;

/// Cross entropy of the chosen answers, to be added to another loss: it keeps them likely.
///
/// ```
/// L = −1/n · Σ log p(token)      over the n tokens of all chosen answers of the batch
/// ```
///
/// As in Pang et al. 2024, RPO (arXiv:2404.19733), and Wang et al. 2024, MPO (arXiv:2411.10442).
record SftPair() implements PairFormula {

    @Override
    public String toString() {
        return "sft";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        return s.crossEntropy();
    }
}
