package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import java.util.List;

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` has it.
///
/// ```
/// g ← g + decay · p              b ← μ b + g          b = 0 before the first step
/// p ← p − lr · b                 with Nesterov's look ahead:  p ← p − lr · (g + μ b)
/// ```
///
/// Momentum: Polyak 1964; look ahead: Sutskever et al. 2013, eqs. 3 and 4, in PyTorch's form, in which the learning
/// rate multiplies b. The decay is coupled: it goes into the momentum. With μ = 0 there is no b.
///
/// @param momentum μ, in [0, 1)
/// @param nesterov whether to look ahead; needs momentum
@Usual(
        from = 10,
        to = 10000,
        why = "gradients are not divided by their size, and small",
        source = "practice with SGD: 1e-2 to 1")
public record Sgd(
        @Option(says = "Share of the last step that is taken again.")
        @Usual(
                from = 0,
                to = 0.99,
                why = "the usual mean over ten steps; PyTorch's own default is none",
                source = "Sutskever et al. 2013; PyTorch: 0")
        double momentum,

        @Option(says = "Look ahead along the momentum.") boolean nesterov)
        implements UpdateRule {

    /// @throws IllegalArgumentException names the number that is out of range
    public Sgd {
        require("momentum", momentum, momentum >= 0 && momentum < 1, "0 or more and below 1");
        require("momentum", momentum, !nesterov || momentum > 0, "above 0 (because of nesterov)");
    }

    /// Momentum 0.9, no look ahead.
    public static Sgd defaults() {
        return new Sgd(0.9, false);
    }

    @Override
    public String name() {
        return "sgd";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return momentum > 0 ? List.of(Kept.signed("momentum", shape)) : List.of();
    }

    @Override
    public void update(Slot s, Turn turn) {
        ElementwiseKernel kernel = turn.run().elementwise();
        Tensor g = s.grad();
        if (turn.gradScale() != 1) kernel.scale(g, (float) turn.gradScale(), g);
        if (turn.decay() != 0) kernel.axpy((float) turn.decay(), s.value(), g);
        Tensor direction = momentum > 0 ? direction(g, s.kept("momentum"), kernel) : g;
        kernel.axpy((float) -turn.lr(), direction, s.value());
    }

    private Tensor direction(Tensor g, Tensor b, ElementwiseKernel kernel) {
        kernel.scale(b, (float) momentum, b);
        kernel.axpy(1, g, b);
        if (!nesterov) return b;
        kernel.axpy((float) momentum, b, g);
        return g;
    }
}
