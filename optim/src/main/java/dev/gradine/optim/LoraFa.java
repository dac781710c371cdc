package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Slots.Slot;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import java.util.List;
import java.util.SequencedMap;

/// The steps of LoRA-FA: Adam with an eps that no bias is corrected of, and decay after the step.
///
/// ```
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← (p − lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + eps)) · (1 − lr · decay)
/// ```
///
/// As PEFT's `LoraFAOptimizer`, which is Hugging Face's first AdamW. Zhang et al. 2023 (arXiv:2308.03303): the factor A
/// of a LoRA stays as it began, and what arrives here for B is its gradient projected. Both is the adapter's part:
/// `FrozenA`.
public final class LoraFa implements Optimizer {

    /// Its numbers.
    ///
    /// @param beta1 decay of the first moment m, in [0, 1)
    /// @param beta2 decay of the second moment v, in [0, 1)
    /// @param eps added to the root of the second moment, before its bias is corrected
    public record Settings(
            @Option(says = "Decay of the first moment.") double beta1,
            @Option(says = "Decay of the second moment.") double beta2,

            @Option(says = "Added to the root of the second moment.")
            double eps)
            implements Optimizer.Settings {

        /// @throws IllegalArgumentException names the number that is out of range
        public Settings {
            require("lora-fa: beta1", beta1, beta1 >= 0 && beta1 < 1, "0 or more and below 1");
            require("lora-fa: beta2", beta2, beta2 >= 0 && beta2 < 1, "0 or more and below 1");
            require("lora-fa: eps", eps, eps >= 0 && Double.isFinite(eps), "a finite number of at least 0");
        }

        /// PEFT's.
        public static Settings defaults() {
            return new Settings(0.9, 0.999, 1e-6);
        }

        @Override
        public String name() {
            return "lora-fa";
        }

        @Override
        public Optimizer over(List<Group> groups, Kernels run) {
            return new LoraFa(this, groups, run);
        }
    }

    private final Settings settings;
    private final Kernels run;
    private final Slots slots;

    private LoraFa(Settings settings, List<Group> groups, Kernels run) {
        this.settings = settings;
        this.run = run;
        slots = new Slots(groups, run, List.of("m", "v"));
    }

    @Override
    public void step(int t, double lr, double gradScale) {
        slots.update(s -> update(s, t, lr * s.group().lrFactor(), gradScale));
    }

    /// In the form of AdamW, which corrects the bias of `√v` alone and decays before the step.
    private void update(Slot s, int t, double lr, double gradScale) {
        double kept = 1 - lr * s.group().decay();
        Update u = new Update(
                (float) (lr * kept),
                (float) settings.beta1(),
                (float) settings.beta2(),
                (float) (settings.eps() / Math.sqrt(1 - Math.pow(settings.beta2(), t))),
                (float) (s.group().decay() / kept),
                t,
                (float) gradScale);
        run.adamW().step(s.value(), s.grad(), s.kept().getFirst(), s.kept().getLast(), u);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return slots.state();
    }
}
