package dev.gradine.optim;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.List;
import java.util.stream.Stream;

/// Adam with decoupled weight decay. Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with the decay
/// multiplied by the learning rate.
///
/// ```
/// p ← p − lr · decay · p
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
/// ```
///
/// With `amsgrad` the v of the last line is the largest that there was: Reddi et al. 2018 (arXiv:1904.09237), algorithm
/// 2.
///
/// @param moments m and v
/// @param amsgrad whether the largest v counts
public record AdamW(
        @Part Moments moments,

        @Option(says = "Divide by the largest second moment there was.")
        boolean amsgrad) implements UpdateRule {

    /// Without amsgrad.
    public AdamW(double beta1, double beta2, double eps) {
        this(new Moments(beta1, beta2, eps), false);
    }

    /// PyTorch's defaults.
    public static AdamW defaults() {
        return new AdamW(Moments.USUAL, false);
    }

    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        if (!amsgrad) return Moments.kept(shape);
        return Stream.concat(Moments.kept(shape).stream(), Stream.of(Kept.positive("vmax", shape)))
                .toList();
    }

    @Override
    public void update(Slot s, Turn turn) {
        if (amsgrad) amsgrad(s, turn);
        else moments.step(s, turn);
    }

    private void amsgrad(Slot s, Turn turn) {
        try (Kernels k = turn.run().openStep()) {
            Means means = new Means(k);
            Tensor g = s.grad();
            Tensor largest = s.kept("vmax");
            k.elementwise().scale(g, (float) turn.gradScale(), g);
            k.elementwise().scale(s.value(), (float) (1 - turn.lr() * turn.decay()), s.value());
            means.join(s.kept("m"), moments.beta1(), g);
            means.join(s.kept("v"), moments.beta2(), means.product(g, g));
            k.function().combine(Fn2.MAX, Per.VALUE, largest, s.kept("v"), largest);
            double root = Math.sqrt(turn.warm(moments.beta2()));
            Tensor direction = means.overRoot(s.kept("m"), largest, root, moments.eps());
            k.elementwise().axpy((float) (-turn.lr() / turn.warm(moments.beta1())), direction, s.value());
        }
    }
}
