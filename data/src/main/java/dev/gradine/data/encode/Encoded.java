package dev.gradine.data.encode;

import dev.gradine.data.MadeList;
import java.util.List;

/// Examples made from a data set.
///
/// @param examples in the order of their rows
/// @param counts what became of the rows
public record Encoded<E>(List<E> examples, RowCounts counts) {
    /// Copies the list, unless it holds nothing.
    public Encoded {
        examples = MadeList.copyOf(examples);
    }
}
