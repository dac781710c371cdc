package dev.gradine.data.encode;

import java.util.List;

/// Examples made from a data set.
///
/// @param examples in the order of their rows
/// @param dropped rows left out because nothing to learn was left of them within the maximum length
/// @param broken rows whose prompt alone is tokenised otherwise than before the answer; their answer starts where the
///     two differ
public record Encoded<E>(List<E> examples, int dropped, int broken) {
    /// Copies the list.
    public Encoded {
        examples = List.copyOf(examples);
    }
}
