package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// Direct preference optimisation.
///
/// ```
/// L = −(1 − ε) · log σ(βΔ) − ε · log σ(−βΔ)
/// ```
///
/// Rafailov et al. 2023 (arXiv:2305.18290), eq. 7; with ε, conservative DPO: the labels are wrong with probability ε.
/// At Δ = 0 the loss is log 2.
record SigmoidPair() implements PairFormula {

    @Override
    public String toString() {
        return "sigmoid";
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
        return PairFormula.logistic(scale(s.margin(), n.beta()), n.smoothing());
    }
}
