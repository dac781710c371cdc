package dev.gradine.export;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// Whether two models say the same, up to rounding.
///
/// ```
/// tolerance = (ε · √n · m + 8 · u · √m) · max|z|        ε = 2⁻²³
/// ```
///
/// with z the logits, n the longest inner product of the model, m its linear layers one after the other, u the relative
/// rounding of the weights. The first term: each layer rounds sums of n products, whose errors add like a random walk,
/// and each layer passes on those of the layers before it. The second: a layer whose weights are off by u gives outputs
/// that are off by u, and the errors of m layers add like a random walk; 8 covers the
/// worst of thousands of such sums. `allowing` measures rounding where the formula says too little.
///
/// @param difference largest |a − b| among the logits
/// @param tolerance largest difference that rounding explains
/// @param sameArgmax share of positions with the same likeliest token, in 0 … 1
public record LogitsCheck(double difference, double tolerance, double sameArgmax) {

    private static final double EPSILON = Math.ulp(1f);
    private static final double REORDERED = 4; // two ways of rounding differ by a multiple of what two others do

    /// Compares on the same tokens.
    ///
    /// @param expected logits, one row of V a position; see `logits`
    /// @param got as many
    /// @param u relative rounding of the weights: root mean square of the errors over that of the weights
    public static LogitsCheck of(float[] expected, float[] got, CausalLm model, double u) {
        return of(expected, got, model, model.vocabSize(), u);
    }

    /// The same of a model that gives `outputs` logits a row.
    static LogitsCheck of(float[] expected, float[] got, Model model, int outputs, double u) {
        double difference = got.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
        double largest = 0;
        for (int i = 0; i < Math.min(got.length, expected.length); i++) {
            double d = Math.abs((double) expected[i] - got[i]);
            difference = d <= difference ? difference : d; // NaN stays
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        int n = model.linears().stream().mapToInt(l -> l.in()).max().orElse(1);
        int m = model.linears().size();
        double rounding = EPSILON * Math.sqrt(n) * m + 8 * u * Math.sqrt(m);
        return new LogitsCheck(difference, rounding * largest, sameArgmax(expected, got, outputs));
    }

    /// The same with another bound.
    ///
    /// @param most NaN for none
    LogitsCheck within(double most) {
        return Double.isNaN(most) ? this : new LogitsCheck(difference, most, sameArgmax);
    }

    /// The same where rounding may matter more than the formula says: weights that training has made large multiply
    /// every error. How much, the model shows itself: what its logits change when it adds up in another order.
    ///
    /// @param got logits of the model
    /// @param reordered those with sums in another order
    LogitsCheck allowing(float[] got, float[] reordered) {
        double largest = 0;
        for (int i = 0; i < got.length; i++) largest = Math.max(largest, Math.abs((double) got[i] - reordered[i]));
        return new LogitsCheck(difference, Math.max(tolerance, REORDERED * largest), sameArgmax);
    }

    private static double sameArgmax(float[] a, float[] b, int v) {
        int rows = Math.min(a.length, b.length) / v;
        int same = 0;
        for (int r = 0; r < rows; r++) if (argmax(a, r * v, v) == argmax(b, r * v, v)) same++;
        return rows == 0 ? 0 : (double) same / rows;
    }

    private static int argmax(float[] z, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) if (z[from + i] > z[from + best]) best = i;
        return best;
    }

    /// Logits behind every token of the sequences, one row a token.
    public static float[] logits(Policy policy, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            return logitsIn(k, policy, sequences);
        }
    }

    /// The same with sums in another order, where the device has one.
    static float[] logitsByRow(Policy policy, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStepByRow()) {
            return logitsIn(k, policy, sequences);
        }
    }

    private static float[] logitsIn(Kernels k, Policy policy, List<int[]> sequences) {
        return k.download(
                policy.logits(Tape.noGrad(k), TokenBatch.of(sequences)).value());
    }

    /// Logits of the labels of each sequence, one row a sequence.
    static float[] labels(Classifier model, Adapters adapters, Kernels run, List<int[]> sequences) {
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), TokenBatch.of(sequences)).with(adapters);
            return k.download(model.logits(pass).value());
        }
    }

    /// Whether both agree; a difference that is no number does not.
    public boolean agrees() {
        return difference <= tolerance;
    }

    @Override
    public String toString() {
        String text = "largest difference %.2g, rounding explains %.2g; the likeliest token is the same at %.1f %%";
        return (text + " of the positions").formatted(difference, tolerance, 100 * sameArgmax);
    }
}
