package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Slots.Slot;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LionKernel.Update;
import java.util.List;
import java.util.SequencedMap;

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
public final class Lion implements Optimizer {

    /// Its numbers.
    ///
    /// @param beta1 share of the momentum in the direction u, in [0, 1)
    /// @param beta2 decay of the momentum m, in [0, 1)
    public record Settings(
            @Option(says = "Share of the momentum in the direction.")
            double beta1,

            @Option(says = "Decay of the momentum.") double beta2)
            implements Optimizer.Settings {

        /// @throws IllegalArgumentException names the number that is out of range
        public Settings {
            require("lion: beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
            require("lion: beta2", beta2, beta2 >= 0 && beta2 < 1, "0 or more and below 1");
        }

        /// The paper's.
        public static Settings defaults() {
            return new Settings(0.9, 0.99);
        }

        @Override
        public String name() {
            return "lion";
        }

        @Override
        public Optimizer over(List<Group> groups, Kernels run) {
            return new Lion(this, groups, run);
        }
    }

    private final Settings settings;
    private final Kernels run;
    private final Slots slots;

    private Lion(Settings settings, List<Group> groups, Kernels run) {
        this.settings = settings;
        this.run = run;
        slots = new Slots(groups, run, List.of("m"));
    }

    @Override
    public void step(int t, double lr, double gradScale) {
        slots.update(s -> update(s, lr * s.group().lrFactor(), gradScale));
    }

    private void update(Slot s, double lr, double gradScale) {
        Update u = new Update(
                (float) lr,
                (float) settings.beta1(),
                (float) settings.beta2(),
                (float) s.group().decay(),
                (float) gradScale);
        run.lion().step(s.value(), s.grad(), s.kept().getFirst(), u);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return slots.state();
    }
}
