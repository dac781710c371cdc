package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.AdamWKernel;
import java.util.List;

/// Adam's two running means, of gradients and of their squares: Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1.
///
/// ```
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          both 0 before the first step
/// ```
///
/// @param beta1 β₁, in [0, 1)
/// @param beta2 β₂, in [0, 1)
/// @param eps added to the root of v
public record Moments(
        @Option(says = "Decay of the first moment.")
        @Usual(
                from = 0.8,
                to = 0.99,
                why = "a mean over about ten steps",
                source = "Kingma & Ba 2015, section 2; PyTorch: 0.9")
        double beta1,

        @Option(says = "Decay of the second moment.")
        @Usual(
                from = 0.9,
                to = 0.9999,
                why = "a mean over about a thousand steps; 0.95 to 0.99 forgets sooner, for short runs",
                source = "Kingma & Ba 2015, section 2; PyTorch: 0.999")
        double beta2,

        @Option(says = "Added to the root of the second moment.")
        @Usual(
                from = 1e-10,
                to = 0.0001,
                why = "far below usual gradients: it only guards against division by 0",
                source = "Kingma & Ba 2015, section 2; PyTorch: 1e-8; PEFT's LoRA-FA: 1e-6")
        double eps) {

    /// PyTorch's.
    public static final Moments USUAL = new Moments(0.9, 0.999, 1e-8);

    /// @throws IllegalArgumentException names the number that is out of range
    public Moments {
        require("beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
        require("beta2", beta2, beta2 >= 0 && beta2 < 1, "0 or more and below 1");
        require("eps", eps, eps >= 0 && Double.isFinite(eps), "a finite number of at least 0");
    }

    /// The same means with another eps.
    Moments with(double otherEps) {
        return new Moments(beta1, beta2, otherEps);
    }

    static List<Kept> kept(Shape shape) {
        return List.of(Kept.signed("m", shape), Kept.positive("v", shape));
    }

    /// The step of `AdamWKernel`, on m and v of `s`.
    void step(Slot s, Turn turn) {
        var u = new AdamWKernel.Update(
                (float) turn.lr(), (float) beta1, (float) beta2, (float) eps, (float) turn.decay(), turn.t(), (float)
                        turn.gradScale());
        turn.run().adamW().step(s.value(), s.grad(), s.kept("m"), s.kept("v"), u);
    }
}
