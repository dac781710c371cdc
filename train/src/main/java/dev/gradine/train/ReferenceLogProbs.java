package dev.gradine.train;

import dev.gradine.align.Packed;
import dev.gradine.align.Reading;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Trunk;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// Where a recipe gets the log-probabilities of its frozen reference.
public interface ReferenceLogProbs {

    /// Log-probability of each labelled token, nats, sequence after sequence in the order of `batch.sequences()`.
    float[] of(Kernels kernels, Packed batch);

    /// The same, beside a pass of the policy over the same batch: a reference that shares the policy's lowest layers
    /// goes on from there.
    ///
    /// @param trunk over `batch.tokens()`, of the policy and all of `besides`
    default float[] of(Kernels kernels, Packed batch, Trunk trunk) {
        return of(kernels, batch);
    }

    /// Whose layers a trunk must hold for this reference and `policy`: the policy's adapters, and those of a reference
    /// over the same model.
    default List<Adapters> besides(Policy policy) {
        return List.of(policy.adapters());
    }

    /// The same of logits divided by a temperature.
    default ReferenceLogProbs at(float temperature) {
        return this;
    }

    /// A reference that never changes: a second model, or the policy's model with other adapters or none.
    static ReferenceLogProbs of(Policy frozen) {
        return new Live(frozen, 1);
    }

    /// For recipes that compare the policy with nothing.
    static ReferenceLogProbs none() {
        return new None();
    }

    /// No reference.
    record None() implements ReferenceLogProbs {
        @Override
        public float[] of(Kernels kernels, Packed batch) {
            return new float[0];
        }
    }

    /// A reference that is computed batch by batch.
    ///
    /// @param temperature what logits are divided by
    record Live(Policy frozen, float temperature) implements ReferenceLogProbs {

        @Override
        public float[] of(Kernels kernels, Packed batch) {
            try (Kernels scratch = kernels.openStep()) {
                Trunk own = frozen.model().trunk(scratch, batch.tokens(), List.of(frozen.adapters()));
                return of(scratch, batch, own);
            }
        }

        @Override
        public float[] of(Kernels kernels, Packed batch, Trunk trunk) {
            if (!trunk.model().equals(frozen.model())) return of(kernels, batch);
            try (Kernels scratch = kernels.openStep()) {
                Pass pass = frozen.pass(Tape.noGrad(scratch), batch.tokens());
                Var h = frozen.model().hidden(pass, trunk);
                return scratch.download(TokenLogProbs.of(frozen.model(), pass, h, batch, Reading.at(temperature))
                        .values()
                        .value());
            }
        }

        @Override
        public ReferenceLogProbs at(float other) {
            return new Live(frozen, other);
        }

        @Override
        public List<Adapters> besides(Policy policy) {
            if (!policy.model().equals(frozen.model())) return List.of(policy.adapters());
            return List.of(policy.adapters(), frozen.adapters());
        }
    }
}
