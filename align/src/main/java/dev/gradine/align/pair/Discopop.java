package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sigmoid;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// The loss a language model discovered: logistic for narrow margins, exponential for wide ones.
///
/// ```
/// L = −(1 − m) · log σ(x) + m · e^−x      x = βΔ, m = σ(x/τ)
/// ```
///
/// Lu et al. 2024 (arXiv:2406.08414), where τ is 0.05. The second term is computed as e^(log σ(x/τ) − x): for wide
/// wrong margins e^−x alone overflows while m vanishes.
record Discopop() implements PairFormula {

    @Override
    public String toString() {
        return "discopop";
    }

    @Override
    public boolean takesDivergence() {
        return true;
    }

    @Override
    public boolean blends() {
        return true;
    }

    @Override
    public Var loss(Scores s, Numbers n) {
        Var x = scale(s.margin(), n.beta());
        Var blend = scale(x, 1 / n.tau());
        Var logistic = mul(logSigmoid(x), sigmoid(neg(blend)));
        return sub(exp(sub(logSigmoid(blend), x)), logistic);
    }
}
