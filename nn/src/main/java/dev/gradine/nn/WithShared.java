package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.sigmoid;

import dev.gradine.autograd.Var;
import org.jspecify.annotations.Nullable;

/// Experts that the router chooses, and one that every token has.
///
/// ```
/// y = experts(n) + shared(n)                 DeepSeek, GLM-4.5, Llama 4
/// y = experts(n) + σ(n wᵀ) · shared(n)       Qwen2-MoE
/// ```
///
/// Dai et al. 2024 (arXiv:2401.06066), section 3.2.
///
/// @param gate w `[1,C]`, or null for none
public record WithShared(
        Block.FeedForward experts,
        Block.FeedForward shared,
        @Nullable Linear gate) implements Block.FeedForward {

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> add(experts.forward(x, pass), ofAll(x, pass)), n);
    }

    private Var ofAll(Var n, Pass pass) {
        Var y = shared.forward(n, pass);
        return gate == null ? y : mul(y, sigmoid(gate.forward(n, pass)));
    }
}
