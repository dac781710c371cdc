package dev.gradine.train;

import dev.gradine.align.PairBatch;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Trunk;
import dev.gradine.tensor.Kernels;
import java.util.function.Function;

/// Where a preference loss gets the log-probabilities of its frozen reference.
public interface ReferenceLogProbs {

    /// Summed log-probabilities of the chosen answers, then of the rejected ones, nats: 2 · B values.
    float[] of(Kernels kernels, PairBatch batch);

    /// The same, beside a pass of the policy over the same batch: a reference that shares the policy's lowest layers
    /// goes on from there.
    ///
    /// @param trunk of the policy, over `batch.tokens()`
    default float[] of(Kernels kernels, PairBatch batch, Trunk trunk) {
        return of(kernels, batch);
    }

    /// A second model that never changes.
    static ReferenceLogProbs of(CausalLm frozen) {
        return (kernels, batch) -> sums(kernels, frozen, batch, tape -> frozen.hidden(tape, batch.tokens()));
    }

    /// The policy itself in another state: with its adapters off, or as they were at the start.
    ///
    /// @param toReference puts the model into that state, which adapts and trains no layer that the policy does not
    /// @param toPolicy brings it back
    static ReferenceLogProbs switched(CausalLm policy, Runnable toReference, Runnable toPolicy) {
        return new ReferenceLogProbs() {
            @Override
            public float[] of(Kernels kernels, PairBatch batch) {
                return inState(kernels, batch, tape -> policy.hidden(tape, batch.tokens()));
            }

            @Override
            public float[] of(Kernels kernels, PairBatch batch, Trunk trunk) {
                return inState(kernels, batch, tape -> policy.hidden(tape, trunk));
            }

            private float[] inState(Kernels kernels, PairBatch batch, Function<Tape, Var> hidden) {
                toReference.run();
                try {
                    return sums(kernels, policy, batch, hidden);
                } finally {
                    toPolicy.run();
                }
            }
        };
    }

    private static float[] sums(Kernels kernels, CausalLm model, PairBatch batch, Function<Tape, Var> hidden) {
        try (Kernels scratch = kernels.openStep()) {
            Var h = hidden.apply(Tape.forgetting(scratch));
            return scratch.download(TokenLogProbs.of(model, h, batch).sums().value());
        }
    }
}
