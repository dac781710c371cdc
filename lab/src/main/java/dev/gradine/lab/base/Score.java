package dev.gradine.lab.base;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// How well a model predicts the labelled tokens of examples.
///
/// @param loss nats per token
/// @param accuracy share of the tokens that it holds likeliest
public record Score(double loss, double accuracy) {

    private static final int BATCH = 16;

    /// Of `policy`, in evaluation.
    public static Score of(Policy policy, List<LabelledTokens> examples, Kernels run) {
        return of(policy, examples, BATCH, run);
    }

    /// The same.
    ///
    /// @param batch examples computed at once
    public static Score of(Policy policy, List<LabelledTokens> examples, int batch, Kernels run) {
        double loss = 0;
        int hits = 0;
        int n = 0;
        for (int i = 0; i < examples.size(); i += batch) {
            List<LabelledTokens> some = examples.subList(i, Math.min(examples.size(), i + batch));
            try (Kernels k = run.openStep()) {
                TokenLogProbs all = TokenLogProbs.of(Tape.noGrad(k), policy, some);
                for (float v : k.download(all.values().value())) loss -= v;
                int[] likeliest = k.downloadInts(all.stats().argmax());
                int[] right = k.downloadInts(all.targets());
                for (int j = 0; j < right.length; j++) if (likeliest[j] == right[j]) hits++;
                n += right.length;
            }
        }
        return new Score(loss / n, (double) hits / n);
    }
}
