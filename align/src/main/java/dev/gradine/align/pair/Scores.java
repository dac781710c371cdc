package dev.gradine.align.pair;

import dev.gradine.autograd.Var;

/// Scores of B pairs of answers: how much likelier the policy makes them than the reference, or, where there is no
/// reference, how likely. All are `f32[B]` and on the tape of the policy.
public interface Scores {

    /// c, the score of each chosen answer, nats.
    Var chosen();

    /// l, the score of each rejected answer, nats.
    Var rejected();

    /// Δ = c − l, nats.
    Var margin();

    /// c per token less l per token, nats.
    Var marginPerToken();

    /// The policy's log-probability of chosen less rejected answers, nats; the smallest first, wherever in the batch
    /// it comes from.
    Var sortedPolicyMargins();

    /// The same of the reference; it has no gradient.
    Var sortedReferenceMargins();

    /// Scores of chosen less scores of rejected answers, each of the two sorted by itself, the smallest first, nats.
    Var marginOfSorted();

    /// Cross entropy of the chosen answers, nats: B values whose mean is the one over all their tokens.
    Var crossEntropy();
}
