package dev.gradine.train;

import dev.gradine.autograd.Tape;

/// Where one micro-batch is computed.
///
/// @param tape of this micro-batch
/// @param seed a number that no other micro-batch of the run has; meaningful in training only
/// @param isTraining whether masks are drawn
public record Step(Tape tape, long seed, boolean isTraining) {

    /// A micro-batch of an evaluation.
    public static Step evaluating(Tape tape) {
        return new Step(tape, 0, false);
    }
}
