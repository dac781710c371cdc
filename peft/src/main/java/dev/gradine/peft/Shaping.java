package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/// What a method does in training beside following the gradient of the loss: AdaLoRA allots ranks, LoRA-FA projects the
/// gradient. By default nothing.
public interface Shaping {

    /// Of a method that does nothing of the kind.
    Shaping NONE = new Shaping() {};

    /// What is added to the loss of a pass, `f32[1]`.
    default Optional<Var> penalty(Tape tape) {
        return Optional.empty();
    }

    /// When the gradients of a step are there and no parameter has moved.
    ///
    /// @param gradScale factor that the optimiser is going to apply to every gradient
    default void beforeUpdate(double gradScale) {}

    /// When the parameters have moved.
    ///
    /// @param step number of the update, from 1
    default void afterUpdate(int step) {}

    /// What it remembers from step to step, by name; writing into the tensors restores it.
    default SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>();
    }
}
