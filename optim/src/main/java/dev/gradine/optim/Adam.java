package dev.gradine.optim;

import dev.gradine.settings.Part;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.ElementwiseKernel;
import java.util.List;

/// Adam. Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1, with decay as PyTorch's `Adam` has it: coupled, so that it
/// goes into both moments.
///
/// ```
/// g ← g + decay · p
/// m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
/// p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
/// ```
///
/// @param moments m and v
public record Adam(@Part Moments moments) implements UpdateRule {

    /// PyTorch's defaults.
    public static Adam defaults() {
        return new Adam(Moments.USUAL);
    }

    @Override
    public String name() {
        return "adam";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return Moments.kept(shape);
    }

    @Override
    public void update(Slot s, Turn turn) {
        ElementwiseKernel kernel = turn.run().elementwise();
        kernel.scale(s.grad(), (float) turn.gradScale(), s.grad());
        kernel.axpy((float) turn.decay(), s.value(), s.grad());
        moments.step(s, turn.scaled().with(turn.lr(), 0));
    }
}
