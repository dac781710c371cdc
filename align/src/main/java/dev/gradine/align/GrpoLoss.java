package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.min;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sigmoid;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;

/// The members of GRPO's family: what a token costs, and what the costs are divided by.
///
/// ```
/// clipped    l = −min(ρ A, clip(ρ, 1 − ε, 1 + ε⁺) A)
/// capped     l = −sg(min(ρ, ε⁺)) A p
/// soft       l = −(4/τ) σ(τ (ρ − 1)) A                        τ = 1 where A > 0, else 1.05
/// weighted   l = −sg(φ(w)) A p      φ(w) = e^λ w^k e^−λw      w = exp(Σ_t (p − p_old)) of the answer
/// ```
///
/// where p is the log-probability of a token, ρ = exp(p − p_old), A the advantage of its answer and sg holds a value
/// for a constant. k, λ are 2, 3 where A ≥ 0, else 3, 2.
public enum GrpoLoss {
    /// Clipped, mean over answers of the mean over their tokens. Shao et al. 2024 (arXiv:2402.03300), eq. 3.
    GRPO(Cost.CLIPPED, Mean.OF_ANSWERS),
    /// Clipped, mean over the tokens of the micro-batch.
    BNPO(Cost.CLIPPED, Mean.OF_MICRO_BATCH),
    /// Clipped, sum over tokens / longest answer allowed. Liu et al. 2025 (arXiv:2503.20783), section 3.2.
    DR_GRPO(Cost.CLIPPED, Mean.OF_LONGEST),
    /// Clipped, mean over all tokens of the step. Yu et al. 2025 (arXiv:2503.14476), eq. 8.
    DAPO(Cost.CLIPPED, Mean.OF_TOKENS),
    /// Capped, mean over all tokens of the step. MiniMax 2025 (arXiv:2506.13585), eq. 4.
    CISPO(Cost.CAPPED, Mean.OF_TOKENS),
    /// Soft, mean over answers. Gao et al. 2025 (arXiv:2511.20347).
    SAPO(Cost.SOFT, Mean.OF_ANSWERS),
    /// Clipped, mean over answers of the sum over their tokens.
    LUSPO(Cost.CLIPPED, Mean.OF_SUMS),
    /// Weighted, mean over all tokens of the step.
    VESPO(Cost.WEIGHTED, Mean.OF_TOKENS);

    /// What a token costs.
    enum Cost {
        CLIPPED,
        CAPPED,
        SOFT,
        WEIGHTED
    }

    /// What the costs of tokens are divided by.
    enum Mean {
        OF_ANSWERS,
        OF_MICRO_BATCH,
        OF_LONGEST,
        OF_TOKENS,
        OF_SUMS
    }

    private static final double LEAST = Math.log(1e-8); // nats
    private static final float MOST = 20; // nats
    private static final float TAU = 1;
    private static final float TAU_BELOW = 1.05f;

    private final Cost cost;
    private final Mean mean;

    GrpoLoss(Cost cost, Mean mean) {
        this.cost = cost;
        this.mean = mean;
    }

    Cost cost() {
        return cost;
    }

    Mean mean() {
        return mean;
    }

    /// What each token costs, `f32[M]`.
    ///
    /// @param ratio ρ of each token, `f32[M]`
    Var costs(Attempted batch, Var ratio, ClipSettings clip) {
        Var a = batch.eachToken(x -> x.advantage());
        return switch (cost) {
            case CLIPPED -> scale(min(mul(ratio, a), mul(clamp(ratio, clip.low(), clip.high()), a)), -1);
            case CAPPED -> {
                Var capped = clamp(Attempted.held(ratio), 0, clip.cap());
                yield scale(mul(mul(capped, a), batch.logProbs()), -1);
            }
            case SOFT -> {
                Var tau = batch.eachToken(x -> x.advantage() > 0 ? TAU : TAU_BELOW);
                Var four = batch.eachToken(x -> -4 / (x.advantage() > 0 ? TAU : TAU_BELOW) * x.advantage());
                yield mul(sigmoid(mul(shift(ratio, -1), tau)), four);
            }
            case WEIGHTED -> scale(mul(mul(batch.spread(phi(batch)), a), batch.logProbs()), -1);
        };
    }

    /// φ(w) of each answer, `f32[S]`; it has no gradient.
    static Var phi(Attempted batch) {
        Var sums = batch.sums(clamp(Attempted.held(batch.logRatio()), -MOST, MOST));
        Var logW = clamp(sums, (float) LEAST, MOST);
        Var k = batch.each(x -> x.advantage() >= 0 ? 2 : 3);
        Var lambda = batch.each(x -> x.advantage() >= 0 ? 3 : 2);
        Var kLogW = mul(logW, k);
        return exp(sub(kLogW, mul(shift(exp(logW), -1), lambda)));
    }
}
