package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Slots.Slot;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import java.util.List;
import java.util.SequencedMap;

/// Adam with decoupled weight decay. Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with the decay
/// multiplied by the learning rate.
///
/// ```
/// p ← p − lr · decay · p
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
/// ```
public final class AdamW implements Optimizer {

    /// Its numbers.
    ///
    /// @param beta1 decay of the first moment m, in [0, 1)
    /// @param beta2 decay of the second moment v, in [0, 1)
    /// @param eps added to the root of the second moment
    public record Settings(
            @Option(says = "Decay of the first moment.") double beta1,
            @Option(says = "Decay of the second moment.") double beta2,

            @Option(says = "Added to the root of the second moment.")
            double eps)
            implements Optimizer.Settings {

        /// @throws IllegalArgumentException names the number that is out of range
        public Settings {
            require("adamw: beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
            require("adamw: beta2", beta2, beta2 >= 0 && beta2 < 1, "0 or more and below 1");
            require("adamw: eps", eps, eps >= 0 && Double.isFinite(eps), "a finite number of at least 0");
        }

        /// PyTorch's defaults.
        public static Settings defaults() {
            return new Settings(0.9, 0.999, 1e-8);
        }

        @Override
        public String name() {
            return "adamw";
        }

        @Override
        public Optimizer over(List<Group> groups, Kernels run) {
            return new AdamW(this, groups, run);
        }
    }

    private final Settings settings;
    private final Kernels run;
    private final Slots slots;

    private AdamW(Settings settings, List<Group> groups, Kernels run) {
        this.settings = settings;
        this.run = run;
        slots = new Slots(groups, run, List.of("m", "v"));
    }

    @Override
    public void step(int t, double lr, double gradScale) {
        slots.update(s -> update(s, t, lr, gradScale));
    }

    private void update(Slot s, int t, double lr, double gradScale) {
        Update u = new Update(
                (float) (lr * s.group().lrFactor()),
                (float) settings.beta1(),
                (float) settings.beta2(),
                (float) settings.eps(),
                (float) s.group().decay(),
                t,
                (float) gradScale);
        run.adamW().step(s.value(), s.grad(), s.kept().getFirst(), s.kept().getLast(), u);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return slots.state();
    }
}
