package dev.gradine.cli.demo;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// Whether a merged model says what the adapted one says.
///
/// ```
/// tolerance = ε · √n · m · max|z|        ε = 2⁻²³
/// ```
///
/// with z the adapted model's logits, n the longest inner product of the model and m its linear layers
/// one after the other: each layer rounds sums of n products, whose errors add like a random walk, and
/// each layer passes on those of the layers before it.
///
/// @param difference largest |merged − adapted| among the logits
/// @param tolerance largest difference that rounding explains
public record MergeCheck(double difference, double tolerance) {

    private static final double EPSILON = Math.ulp(1f);

    /// Compares on one sequence.
    ///
    /// @param adapted logits of the adapted model; see `logits`
    /// @param merged logits of the merged model, as many
    public static MergeCheck of(float[] adapted, float[] merged, CausalLm model) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < adapted.length; i++) {
            difference = Math.max(difference, Math.abs((double) adapted[i] - merged[i]));
            largest = Math.max(largest, Math.abs(adapted[i]));
        }
        int n = model.linears().stream().mapToInt(l -> l.in()).max().orElse(1);
        return new MergeCheck(
                difference, EPSILON * Math.sqrt(n) * model.linears().size() * largest);
    }

    /// Logits behind every token of `ids`, one row a token.
    public static float[] logits(Policy policy, Kernels run, int[] ids) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    policy.logits(Tape.noGrad(k), TokenBatch.of(List.of(ids))).value());
        }
    }

    /// Whether both agree; a difference that is no number does not.
    public boolean agrees() {
        return difference <= tolerance;
    }
}
