package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.tensor.Tensor;
import java.util.Optional;

/// What a set of adapters has learnt of its data before it begins.
@FunctionalInterface
public interface Learnt {

    /// Nothing: whoever begins from data fails.
    Learnt NOTHING = layer -> {
        throw new AdapterException(
                "lora: %s begins from data that nobody has read, expected FreshAdapters.of".formatted(layer.path()));
    };

    /// Nothing is needed: the values come from a file.
    Learnt STORED = layer -> Optional.empty();

    /// What was learnt for a layer, in host memory.
    Optional<Tensor> of(Linear layer);
}
