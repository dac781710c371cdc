package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Dropout;
import dev.gradine.tensor.Shape;
import java.util.SplittableRandom;

/// What an adapter leaves out in training.
///
/// @param input probability of dropping a value of what it reads; the others are divided by 1 − p
/// @param module probability of leaving out the whole adapter in a pass
record Drop(float input, float module) {

    static final Drop NOTHING = new Drop(0, 0);

    /// Whether the adapter is left out in this pass.
    boolean all(Here here) {
        return here.training() && module > 0 && new SplittableRandom(here.seed()).nextDouble() < module;
    }

    /// What is left of `x`.
    Var from(Var x, Here here) {
        return here.training() && input > 0 ? Dropout.dropout(x, input, here.seed()) : x;
    }

    /// Ones and zeros, `f32[n,1]`: each zero with probability `p`.
    ///
    /// @param byMean whether they are divided by their mean
    static Var rows(Tape tape, int n, float p, boolean byMean, long seed) {
        SplittableRandom rng = new SplittableRandom(seed);
        float[] mask = new float[n];
        int kept = 0;
        for (int i = 0; i < n; i++) {
            mask[i] = rng.nextDouble() < p ? 0 : 1;
            kept += (int) mask[i];
        }
        if (byMean && kept > 0) for (int i = 0; i < n; i++) mask[i] *= (float) n / kept;
        return tape.constant(tape.kernels().of(Shape.of(n, 1), mask));
    }
}
