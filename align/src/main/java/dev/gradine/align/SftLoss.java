package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Var;

/// Supervised fine-tuning: cross entropy of the labelled tokens.
///
/// ```
/// L = −1/n · Σ_t log p(id_t | id_<t)
/// ```
///
/// where n counts the labelled tokens of everything that makes one optimisation step, all of its micro-batches, so that
/// accumulation changes nothing but memory.
public final class SftLoss {

    private SftLoss() {}

    /// This micro-batch's share of the loss, `f32[1]`, in nats per token.
    ///
    /// @param n labelled tokens of the whole step
    public static Var of(TokenLogProbs logProbs, double n) {
        return scale(mean(logProbs.values()), (float) (-logProbs.count() / n));
    }
}
