package dev.gradine.optim;

import dev.gradine.tensor.Kernels;

/// The numbers of one update of one parameter.
///
/// @param t number of the update in the run, from 1
/// @param lr learning rate of the parameter
/// @param decay its weight decay, 1/step at learning rate 1
/// @param gradScale factor of its gradient, below 1 where it is clipped
/// @param run device of the parameter
record Turn(int t, double lr, double decay, double gradScale, Kernels run) {

    Turn with(double otherLr, double otherDecay) {
        return new Turn(t, otherLr, otherDecay, gradScale, run);
    }

    /// Of a gradient that was scaled already.
    Turn scaled() {
        return new Turn(t, lr, decay, 1, run);
    }

    /// `1 − βᵗ`: the share of a running mean that is not its beginning of 0.
    double warm(double beta) {
        return 1 - Math.pow(beta, t);
    }
}
