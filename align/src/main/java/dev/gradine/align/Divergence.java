package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.expm1;
import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;

import dev.gradine.autograd.Var;

/// How far the policy is from the reference: what an answer's score is, given its log-ratio r = log p − log p_ref.
///
/// ```
/// reverse_kl          r
/// forward_kl          1 − e^−r
/// js_divergence       log 2 + log σ(r)
/// alpha_divergence    (e^((a−1) r) − 1) / (a − 1)
/// ```
///
/// the derivative of f at the ratio. Wang et al. 2023 (arXiv:2309.16240), table 1. Exponents are held at 80, where a
/// float ends.
public enum Divergence {
    /// KL(policy ‖ reference), that of DPO's paper.
    REVERSE_KL,
    /// KL(reference ‖ policy).
    FORWARD_KL,
    /// Jensen and Shannon's.
    JS_DIVERGENCE,
    /// Between the two KL divergences: forward at a = 0, reverse at a = 1.
    ALPHA_DIVERGENCE;

    private static final float HIGHEST = 80;

    /// The scores of answers with the log-ratios `r f32[n]`.
    ///
    /// @param a of the alpha divergence
    Var of(Var r, float a) {
        return switch (this) {
            case REVERSE_KL -> r;
            case FORWARD_KL -> neg(expm1(held(neg(r))));
            case JS_DIVERGENCE -> shift(logSigmoid(r), (float) Math.log(2));
            case ALPHA_DIVERGENCE -> a == 1 ? r : scale(expm1(held(scale(r, a - 1))), 1 / (a - 1));
        };
    }

    private static Var held(Var exponent) {
        return clamp(exponent, -Float.MAX_VALUE, HIGHEST);
    }
}
