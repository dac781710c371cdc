package dev.gradine.cli;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.stream.IntStream;

/// What a model computes of a few tokens before and after its adapter was changed.
final class PromptCheck {

    static final int TOKENS = 16;

    private PromptCheck() {}

    /// Largest difference of a logit.
    static double difference(CausalLm model, Adapters before, Adapters after, Kernels run) {
        float[] x = logits(model, before, run);
        float[] y = logits(model, after, run);
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            double d = Math.abs((double) x[i] - y[i]);
            if (!(d <= largest)) largest = d; // NaN is the largest
        }
        return largest;
    }

    /// Tokens strewn over the vocabulary, since a model may come without a tokenizer.
    private static float[] logits(CausalLm model, Adapters adapters, Kernels run) {
        int[] ids = IntStream.range(0, TOKENS)
                .map(i -> (i * 7919 + 1) % model.vocabSize())
                .toArray();
        try (Kernels k = run.openStep()) {
            return k.download(new Policy(model, adapters)
                    .logits(Tape.noGrad(k), TokenBatch.of(List.of(ids)))
                    .value());
        }
    }
}
