package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sigmoid;

import dev.gradine.autograd.Var;

/// Anchored preference optimisation for answers worse than the model's: both are made less likely, the rejected one
/// more so.
///
/// ```
/// L = σ(βc) + 1 − σ(βΔ)
/// ```
///
/// D'Oosterlinck et al. 2024 (arXiv:2408.06266).
record ApoDown() implements PairFormula {

    @Override
    public String toString() {
        return "apo_down";
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var wrong = sigmoid(scale(s.margin(), -n.beta())); // 1 − σ(x) = σ(−x)
        return add(sigmoid(scale(s.chosen(), n.beta())), wrong);
    }
}
