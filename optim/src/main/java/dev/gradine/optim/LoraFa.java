package dev.gradine.optim;

import dev.gradine.settings.Part;
import dev.gradine.tensor.Shape;
import java.util.List;

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
///
/// @param moments m and v, with an eps that is added before the bias of √v is corrected
public record LoraFa(@Part Moments moments) implements UpdateRule {

    /// PEFT's.
    public static LoraFa defaults() {
        return new LoraFa(Moments.USUAL.with(1e-6));
    }

    @Override
    public String name() {
        return "lora-fa";
    }

    @Override
    public List<Kept> keeps(String name, Shape shape) {
        return Moments.kept(shape);
    }

    /// In the form of AdamW, which corrects the bias of `√v` alone and decays before the step.
    @Override
    public void update(Slot s, Turn turn) {
        double left = 1 - turn.lr() * turn.decay();
        double eps = moments.eps() / Math.sqrt(turn.warm(moments.beta2()));
        moments.with(eps).step(s, turn.with(turn.lr() * left, turn.decay() / left));
    }
}
