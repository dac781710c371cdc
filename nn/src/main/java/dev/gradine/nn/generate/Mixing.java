package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import java.util.List;

/// How sequences with adapters of their own are read in one pass.
@FunctionalInterface
public interface Mixing {

    /// Adapters of a pass.
    ///
    /// @param each those of each sequence, in their order
    Adapters of(List<Adapters> each);

    /// All have the same.
    Mixing NONE = each -> {
        Adapters first = each.getFirst();
        if (each.stream().anyMatch(a -> !a.equals(first))) {
            throw new IllegalArgumentException("generate: texts with different adapters, expected the same for all");
        }
        return first;
    };
}
