package dev.gradine.train;

import dev.gradine.align.Labelled;
import dev.gradine.align.LabelledPair;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/// Where a preference loss gets the log-probabilities of its frozen reference.
public interface ReferenceLogProbs {

    /// Summed log-probabilities of the chosen answers, then of the rejected ones, nats: 2 · B values.
    float[] of(Kernels kernels, List<LabelledPair> pairs);

    /// A second model that never changes.
    static ReferenceLogProbs of(CausalLm frozen) {
        return (kernels, pairs) -> {
            try (Kernels scratch = kernels.openStep()) {
                Tape tape = Tape.forgetting(scratch);
                return scratch.download(
                        TokenLogProbs.of(tape, frozen, sequences(pairs)).sums().value());
            }
        };
    }

    /// The policy itself in another state: with its adapters off, or as they were at the start.
    ///
    /// @param toReference puts the model into that state
    /// @param toPolicy brings it back
    static ReferenceLogProbs switched(CausalLm policy, Runnable toReference, Runnable toPolicy) {
        ReferenceLogProbs inner = of(policy);
        return (kernels, pairs) -> {
            toReference.run();
            try {
                return inner.of(kernels, pairs);
            } finally {
                toPolicy.run();
            }
        };
    }

    /// The chosen sequences, then the rejected ones: the order of a preference batch.
    static List<Labelled> sequences(List<LabelledPair> pairs) {
        List<Labelled> all = new ArrayList<>(2 * pairs.size());
        for (LabelledPair p : pairs) all.add(p.chosen());
        for (LabelledPair p : pairs) all.add(p.rejected());
        return all;
    }
}
