package dev.gradine.optim;

import dev.gradine.autograd.Var;

/// A micro-batch's share of the loss of one step, and what is worth logging.
///
/// @param loss `f32[1]`; the shares of all micro-batches of a step add up to its loss
/// @param metrics among them `loss`
public record Outcome(Var loss, MeanMetrics metrics) {}
