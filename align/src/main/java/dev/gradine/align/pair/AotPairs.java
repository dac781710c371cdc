package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// Alignment by optimal transport, paired: the margins of a whole batch, sorted, are to lie above those of the
/// reference.
///
/// ```
/// L_i = −(1 − ε) · log σ(βd_i) − ε · log σ(−βd_i)      d = sorted(p⁺ − p⁻) − sorted(r⁺ − r⁻)
/// ```
///
/// where p and r are log-probabilities under policy and reference. Melnyk et al. 2024 (arXiv:2406.05882). A batch
/// of one pair gives `sigmoid`.
record AotPairs() implements PairFormula {

    @Override
    public String toString() {
        return "aot";
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
        Var d = sub(s.sortedPolicyMargins(), s.sortedReferenceMargins());
        return PairFormula.logistic(scale(d, n.beta()), n.smoothing());
    }
}
