package dev.gradine.peft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// Sums of changes that were learnt apart, value by value.
///
/// ```
/// linear:  Σ w_i x_i
/// TIES:    Σ w_i x_i over those i whose sign is the elected one, divided by how many these are
/// DARE:    a value is dropped with probability 1 − density, the others are divided by density; then one of the two
/// ```
///
/// Ilharco et al. 2022 (arXiv:2212.04089); Yadav et al. 2023 (arXiv:2306.01708); Yu et al. 2023 (arXiv:2311.03099). As
/// PEFT has them: a sign is elected before the weights are applied, a tie is positive, and the divisor counts values
/// and not weights. In f32, in PEFT's order.
///
/// @param prune what is dropped before
/// @param ties whether only values of the elected sign are added
record SparseSum(Prune prune, boolean ties) {

    /// What is dropped.
    enum Prune {
        /// Nothing.
        NOTHING,
        /// All but the share of the largest magnitudes.
        SMALL,
        /// Values drawn at random.
        RANDOM
    }

    /// How much stays, and how signs are elected.
    ///
    /// @param density share of the values that stay; from 1 on all do
    /// @param byFrequency whether each value has one vote, instead of as many as it is large
    record Share(double density, boolean byFrequency) {}

    /// The sum.
    ///
    /// @param tensors values of one place, all of one size
    float[] sum(List<float[]> tensors, float[] weights, Share share, RandomGenerator rng) {
        List<float[]> left = new ArrayList<>();
        for (float[] t : tensors) left.add(pruned(t, share.density, rng));
        return ties ? elected(left, weights, share.byFrequency) : linear(left, weights);
    }

    private float[] pruned(float[] x, double density, RandomGenerator rng) {
        if (prune == Prune.NOTHING || density >= 1) return x;
        return prune == Prune.SMALL ? largest(x, density) : dropped(x, density, rng);
    }

    /// Exactly ⌊density · n⌋ of them; of equal magnitudes the first.
    private static float[] largest(float[] x, double density) {
        float[] y = new float[x.length];
        IntStream.range(0, x.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(x[i])))
                .limit((long) (density * x.length))
                .forEach(i -> y[i] = x[i]);
        return y;
    }

    private static float[] dropped(float[] x, double density, RandomGenerator rng) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) if (rng.nextDouble() < density) y[i] = (float) (x[i] / density);
        return y;
    }

    private static float[] linear(List<float[]> tensors, float[] weights) {
        float[] y = new float[tensors.getFirst().length];
        for (int t = 0; t < weights.length; t++) {
            float[] x = tensors.get(t);
            for (int i = 0; i < y.length; i++) y[i] += x[i] * weights[t];
        }
        return y;
    }

    private static float[] elected(List<float[]> tensors, float[] weights, boolean byFrequency) {
        float[] y = new float[tensors.getFirst().length];
        for (int i = 0; i < y.length; i++) {
            float votes = 0;
            for (float[] x : tensors) votes += byFrequency ? Math.signum(x[i]) : x[i];
            float sign = votes >= 0 ? 1 : -1;
            int count = 0;
            for (int t = 0; t < weights.length; t++) {
                float x = tensors.get(t)[i];
                if (Math.signum(x) != sign) continue;
                y[i] += x * weights[t];
                count++;
            }
            y[i] /= Math.max(count, 1);
        }
        return y;
    }
}
