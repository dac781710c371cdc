package dev.gradine.align.pair;

import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// The loss of a pair of answers, by the name TRL gives it.
///
/// Formulas are written with the scores c and l of the chosen and the rejected answer, their difference Δ = c − l, the
/// strength β and the share ε of wrong labels.
public sealed interface PairFormula
        permits AotPairs,
                AotUnpaired,
                ApoDown,
                ApoZero,
                BcoPair,
                Discopop,
                ExoPair,
                Hinge,
                Ipo,
                IpoSum,
                NcaPair,
                Robust,
                SftPair,
                SigmoidNorm,
                SigmoidPair,
                SppoHard {

    /// Numbers of a formula.
    ///
    /// @param beta β, 1/nats
    /// @param smoothing ε, from 0 to below ½
    /// @param tau temperature of DiscoPOP's blend
    record Numbers(float beta, float smoothing, float tau) {}

    /// Its name, such as `sigmoid`.
    @Override
    String toString();

    /// Loss of each pair, `f32[B]`.
    Var loss(Scores s, Numbers n);

    /// Whether ε changes it.
    default boolean smooths() {
        return false;
    }

    /// Whether its scores may come from another divergence than the reverse KL divergence.
    default boolean takesDivergence() {
        return false;
    }

    /// Whether it is defined for ε above 0 alone.
    default boolean needsSmoothing() {
        return false;
    }

    /// Whether τ changes it.
    default boolean blends() {
        return false;
    }

    /// Whether it compares a pair with others of its batch.
    default boolean ranksBatch() {
        return false;
    }

    /// Reads a name as users write it.
    ///
    /// @throws IllegalArgumentException lists the names there are
    static PairFormula parse(String name) {
        for (PairFormula f : PairFormulas.ALL) if (f.toString().equals(name)) return f;
        throw new IllegalArgumentException("loss: \"%s\", expected one of %s".formatted(name, PairFormulas.ALL));
    }

    /// `−(1 − ε) · log σ(x) − ε · log σ(−x)`: the logistic loss where labels are wrong with probability ε.
    ///
    /// @param x `f32[n]`
    static Var logistic(Var x, float smoothing) {
        Var kept = scale(logSigmoid(x), smoothing - 1);
        return smoothing == 0 ? kept : sub(kept, scale(logSigmoid(neg(x)), smoothing));
    }
}
