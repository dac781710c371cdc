package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/// AdamW with a second, slow mean of gradients. Pagliardini et al. 2024 (arXiv:2409.03137), section 3, algorithm 1.
///
/// ```
/// p ← p − lr · decay · p
/// m ← β₁ m + (1 − β₁) g      slow ← β₃ᵗ slow + (1 − β₃ᵗ) g      v ← β₂ v + (1 − β₂) g²
/// p ← p − lr · (m / (1 − β₁ᵗ) + αₜ · slow) / (√v / √(1 − β₂ᵗ) + eps)
///
/// αₜ  = α · min(t / T, 1)
/// β₃ᵗ = min(exp(ln β₁ ln β₃ / ((1 − t / T) ln β₃ + t / T ln β₁)), β₃)          T = 0: α and β₃ at once
/// ```
///
/// The slow mean remembers tens of thousands of steps; the paper warms it up over all steps of the run.
///
/// @param moments m and v
/// @param beta3 decay of the slow mean, in [0, 1)
/// @param alphaSlow α, weight of the slow mean, at least 0
/// @param warmSlow T, steps over which α and β₃ reach their values
public record AdEmaMix(
        @Part Moments moments,

        @Option(says = "Decay of the slow mean.")
        @Usual(
                from = 0.99,
                to = 0.99999,
                why = "the slow mean is one over ten thousand steps",
                source = "Pagliardini et al. 2024 (AdEMAMix); bitsandbytes: 0.9999")
        double beta3,

        @Option(says = "Weight of the slow mean.")
        @Usual(
                from = 1,
                to = 10,
                why = "the slow mean counts five times; 4 to 10 in the paper",
                source = "Pagliardini et al. 2024 (AdEMAMix); bitsandbytes: 5")
        double alphaSlow,

        @Option(says = "Steps over which beta3 and alpha-slow reach their values; 0 for at once.", least = 0)
        @Usual(
                from = 0,
                to = 1000000,
                why = "at once; the paper warms up over the whole run",
                source = "Pagliardini et al. 2024 (AdEMAMix); bitsandbytes: none")
        int warmSlow)
        implements UpdateRule {

    /// @throws IllegalArgumentException names the number that is out of range
    public AdEmaMix {
        require("beta3", beta3, beta3 >= 0 && beta3 < 1, "0 or more and below 1");
        require("alpha-slow", alphaSlow, alphaSlow >= 0 && Double.isFinite(alphaSlow), "a finite number of at least 0");
        require("warm-slow", warmSlow, warmSlow >= 0, "at least 0");
        boolean isAscending = beta3 > moments.beta1() && moments.beta1() > 0;
        require("beta3", beta3, warmSlow == 0 || isAscending, "above beta1, itself above 0 (because of warm-slow)");
    }

    /// The paper's, without warm-up.
    public static AdEmaMix defaults() {
        return new AdEmaMix(Moments.USUAL, 0.9999, 5, 0);
    }

    @Override
    public String name() {
        return "ademamix";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return Stream.concat(Moments.kept(shape).stream(), Stream.of(Kept.signed("slow", shape)))
                .toList();
    }

    @Override
    public void update(Slot s, Turn turn) {
        try (Kernels k = turn.run().openStep()) {
            Means means = new Means(k);
            Tensor g = s.grad();
            k.elementwise().scale(g, (float) turn.gradScale(), g);
            k.elementwise().scale(s.value(), (float) (1 - turn.lr() * turn.decay()), s.value());
            means.join(s.kept("m"), moments.beta1(), g);
            means.join(s.kept("slow"), slowAt(turn.t()), g);
            means.join(s.kept("v"), moments.beta2(), means.product(g, g));
            Tensor both = k.emptyLike(g);
            k.elementwise().scale(s.kept("m"), (float) (1 / turn.warm(moments.beta1())), both);
            k.elementwise().axpy((float) (alphaSlow * reached(turn.t())), s.kept("slow"), both);
            Tensor direction = means.overRoot(both, s.kept("v"), Math.sqrt(turn.warm(moments.beta2())), moments.eps());
            k.elementwise().axpy((float) -turn.lr(), direction, s.value());
        }
    }

    private double reached(int t) {
        return warmSlow == 0 ? 1 : Math.min((double) t / warmSlow, 1);
    }

    /// β₃ᵗ: its half-life grows in proportion to t.
    private double slowAt(int t) {
        if (warmSlow == 0) return beta3;
        double fast = Math.log(moments.beta1());
        double slow = Math.log(beta3);
        double x = reached(t);
        return Math.min(Math.exp(fast * slow / ((1 - x) * slow + x * fast)), beta3);
    }
}
