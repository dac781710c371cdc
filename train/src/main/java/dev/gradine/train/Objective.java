package dev.gradine.train;

import dev.gradine.autograd.Var;
import java.util.List;

/// What a run minimises, over examples of type `E`.
public interface Objective<E> {

    /// A micro-batch's share of the loss of one step, and what is worth logging.
    ///
    /// @param loss `f32[1]`
    /// @param metrics among them `loss`
    record Outcome(Var loss, MetricSums metrics) {}

    /// What the loss is a mean over, counted for one example: labelled tokens, or pairs.
    double weight(E example);

    /// Tokens the model reads for one example.
    int tokens(E example);

    /// Computes one micro-batch.
    ///
    /// @param totalWeight weights of all examples of the step, of which this is a part
    Outcome forward(Step step, List<E> micro, double totalWeight);
}
