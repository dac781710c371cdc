package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sigmoid;

import dev.gradine.autograd.Var;

/// Anchored preference optimisation for answers better than the model's: the chosen one is made likelier.
///
/// ```
/// L = 1 − σ(βc) + σ(βl)
/// ```
///
/// D'Oosterlinck et al. 2024 (arXiv:2408.06266).
record ApoZero() implements PairFormula {

    @Override
    public String toString() {
        return "apo_zero";
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var wrong = sigmoid(scale(s.chosen(), -n.beta())); // 1 − σ(x) = σ(−x)
        return add(wrong, sigmoid(scale(s.rejected(), n.beta())));
    }
}
