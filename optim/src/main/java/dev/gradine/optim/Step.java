package dev.gradine.optim;

import dev.gradine.autograd.Tape;

/// One forward pass of a run: what an objective computes on, and what may be random in it.
///
/// @param tape records what has a gradient; in an evaluation it records nothing
/// @param seed a number that no other training pass of the run has; 0 in an evaluation. All randomness of the pass
///     (dropout, noise) follows from it, so that a resumed run repeats it
/// @param isTraining whether a gradient follows; dropout is off where not
public record Step(Tape tape, long seed, boolean isTraining) {

    /// A pass without gradient and without randomness.
    ///
    /// @param tape one that records nothing
    public static Step evaluation(Tape tape) {
        return new Step(tape, 0, false);
    }

    /// A pass whose gradient follows.
    public static Step training(Tape tape, long seed) {
        return new Step(tape, seed, true);
    }
}
