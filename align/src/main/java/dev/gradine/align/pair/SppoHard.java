package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.square;

import dev.gradine.autograd.Var;

/// Self-play preference optimisation with certain labels: each score is drawn to a finite target of its own.
///
/// ```
/// L = (c − 1/(2β))² + (l + 1/(2β))²
/// ```
///
/// Wu et al. 2024 (arXiv:2405.00675), with win probabilities 1 and 0.
record SppoHard() implements PairFormula {

    @Override
    public String toString() {
        return "sppo_hard";
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        float target = 1 / (2 * n.beta());
        return add(square(shift(s.chosen(), -target)), square(shift(s.rejected(), target)));
    }
}
