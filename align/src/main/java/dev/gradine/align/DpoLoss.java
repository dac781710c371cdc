package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// Direct preference optimisation.
///
/// ```
/// L = −log σ(β · ((p⁺ − r⁺) − (p⁻ − r⁻)))
/// dL/dp⁺ = −β · σ(−β Δ) = −dL/dp⁻      Δ = (p⁺ − r⁺) − (p⁻ − r⁻)
/// ```
///
/// where p and r are summed log-probabilities of the chosen (⁺) and rejected (⁻) answer under the policy and the frozen
/// reference. Rafailov et al. 2023 (arXiv:2305.18290), eq. 7.
///
/// At p = r the loss is log 2 for any β; β → 0 ignores the reference.
///
/// @param beta strength of the pull towards the reference, 1/nats; 0.1 in the paper's experiments
public record DpoLoss(float beta) implements PreferenceLoss {

    /// @throws IllegalArgumentException if beta is not above 0
    public DpoLoss {
        if (!(beta > 0)) throw new IllegalArgumentException("dpo: beta is " + beta + ", expected > 0");
    }

    @Override
    public Var apply(Pair policy, Pair reference) {
        Var chosen = sub(policy.chosen(), reference.chosen());
        Var rejected = sub(policy.rejected(), reference.rejected());
        return scale(logSigmoid(scale(sub(chosen, rejected), beta)), -1);
    }
}
