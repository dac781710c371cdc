package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.LionKernel;
import java.util.List;

/// Evolved sign momentum. Chen et al. 2023 (arXiv:2302.06675), program 1, with the decay multiplied by the learning
/// rate.
///
/// ```
/// u = β₁ m + (1 − β₁) g
/// p ← p − lr · decay · p − lr · sign(u)
/// m ← β₂ m + (1 − β₂) g
/// ```
///
/// Every value moves by lr, whatever its gradient; the paper advises a learning rate 3 to 10 times smaller than AdamW's
/// and a decay as many times larger (section 5). It keeps one tensor for each parameter, AdamW two.
///
/// @param beta1 share of the momentum in the direction u, in [0, 1)
/// @param beta2 decay of the momentum m, in [0, 1)
@Usual(
        from = 0.1,
        to = 1 / 3.0,
        why = "every value moves by the whole rate, so it is 3 to 10 times smaller",
        source = "Chen et al. 2023 (Lion), section 5")
public record Lion(
        @Option(says = "Share of the momentum in the direction.")
        @Usual(
                from = 0.8,
                to = 0.99,
                why = "the momentum's share that was found with the formula",
                source = "Chen et al. 2023 (Lion); bitsandbytes: 0.9")
        double beta1,

        @Option(says = "Decay of the momentum.")
        @Usual(
                from = 0.9,
                to = 0.999,
                why = "a mean over a hundred steps",
                source = "Chen et al. 2023 (Lion); bitsandbytes: 0.99")
        double beta2)
        implements UpdateRule {

    /// @throws IllegalArgumentException names the number that is out of range
    public Lion {
        require("beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
        require("beta2", beta2, beta2 >= 0 && beta2 < 1, "0 or more and below 1");
    }

    /// The paper's.
    public static Lion defaults() {
        return new Lion(0.9, 0.99);
    }

    @Override
    public String name() {
        return "lion";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return List.of(Kept.signed("m", shape));
    }

    @Override
    public void update(Slot s, Turn turn) {
        var u = new LionKernel.Update(
                (float) turn.lr(), (float) beta1, (float) beta2, (float) turn.decay(), (float) turn.gradScale());
        turn.run().lion().step(s.value(), s.grad(), s.kept("m"), u);
    }
}
