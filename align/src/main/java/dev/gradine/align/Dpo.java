package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.logSigmoid;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;
import dev.gradine.settings.Option;

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
/// @param loss name of the formula
public record Dpo(
        @Option(says = "Pull towards the reference, 1/nats.")
        float beta,

        @Option(says = "Loss of a pair: sigmoid.", label = "NAME")
        String loss)
        implements PairLoss {

    private static final String SIGMOID = "sigmoid";

    /// @throws IllegalArgumentException if beta is not above 0, or there is no loss of that name
    public Dpo {
        if (!(beta > 0)) throw new IllegalArgumentException("dpo: beta is " + beta + ", expected > 0");
        if (!loss.equals(SIGMOID)) {
            throw new IllegalArgumentException("dpo: loss is \"%s\", expected \"%s\"".formatted(loss, SIGMOID));
        }
    }

    /// The loss of the paper.
    public Dpo(float beta) {
        this(beta, SIGMOID);
    }

    /// With β = 0.1.
    public static Dpo defaults() {
        return new Dpo(0.1f);
    }

    @Override
    public About about() {
        return new About(
                "dpo",
                "Direct preference optimisation",
                "Align a model with LoRA on pairs of a chosen and a rejected answer.",
                5e-5);
    }

    @Override
    public boolean needsReference() {
        return true;
    }

    @Override
    public Var loss(Pairs p) {
        return scale(logSigmoid(scale(sub(p.chosen().logRatio(), p.rejected().logRatio()), beta)), -1);
    }
}
