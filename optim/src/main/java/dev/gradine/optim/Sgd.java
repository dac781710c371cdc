package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Slots.Slot;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import java.util.List;
import java.util.SequencedMap;

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` has it.
///
/// ```
/// g ← g + decay · p              b ← μ b + g          b = 0 before the first step
/// p ← p − lr · b                 with Nesterov's look ahead:  p ← p − lr · (g + μ b)
/// ```
///
/// Momentum: Polyak 1964; look ahead: Sutskever et al. 2013, eqs. 3 and 4, in PyTorch's form, in which the learning
/// rate multiplies b. The decay is coupled: it goes into the momentum. With μ = 0 there is no b.
public final class Sgd implements Optimizer {

    /// Its numbers.
    ///
    /// @param momentum μ, in [0, 1)
    /// @param nesterov whether to look ahead; needs momentum
    public record Settings(
            @Option(says = "Share of the last step that is taken again.")
            double momentum,

            @Option(says = "Look ahead along the momentum.") boolean nesterov)
            implements Optimizer.Settings {

        /// @throws IllegalArgumentException names the number that is out of range
        public Settings {
            require("sgd: momentum", momentum, momentum >= 0 && momentum < 1, "0 or more and below 1");
            require("sgd: momentum", momentum, !nesterov || momentum > 0, "above 0 (because of nesterov)");
        }

        /// Momentum 0.9, no look ahead.
        public static Settings defaults() {
            return new Settings(0.9, false);
        }

        @Override
        public String name() {
            return "sgd";
        }

        @Override
        public Optimizer over(List<Group> groups, Kernels run) {
            return new Sgd(this, groups, run);
        }
    }

    private final Settings settings;
    private final ElementwiseKernel kernel;
    private final Slots slots;

    private Sgd(Settings settings, List<Group> groups, Kernels run) {
        this.settings = settings;
        kernel = run.elementwise();
        slots = new Slots(groups, run, settings.momentum() > 0 ? List.of("momentum") : List.of());
    }

    @Override
    public void step(int t, double lr, double gradScale) {
        slots.update(s -> update(s, (float) (lr * s.group().lrFactor()), (float) gradScale));
    }

    /// The gradient is overwritten on the way; it is cleared afterwards anyway.
    private void update(Slot s, float lr, float gradScale) {
        Tensor g = s.grad();
        if (gradScale != 1) kernel.scale(g, gradScale, g);
        if (s.group().decay() != 0) kernel.axpy((float) s.group().decay(), s.value(), g);
        kernel.axpy(-lr, settings.momentum() > 0 ? direction(g, s.kept().getFirst()) : g, s.value());
    }

    private Tensor direction(Tensor g, Tensor b) {
        float mu = (float) settings.momentum();
        kernel.scale(b, mu, b);
        kernel.axpy(1, g, b);
        if (!settings.nesterov()) return b;
        kernel.axpy(mu, b, g);
        return g;
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return slots.state();
    }
}
