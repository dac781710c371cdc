package dev.gradine.train.preview;

import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Rows that are the same tokens, with the same of them learnt.
final class Duplicates {

    /// Two rows that are the same.
    ///
    /// @param first the one that came first
    /// @param second the other
    record Same(String first, String second) {}

    private final Map<List<LabelledTokens>, String> seen = new HashMap<>();

    /// Rows trained on that stand before.
    final List<Same> inside = new ArrayList<>();

    /// Rows for evaluation that are trained on.
    final List<Same> between = new ArrayList<>();

    void train(String name, List<LabelledTokens> row) {
        String first = seen.putIfAbsent(row, name);
        if (first != null) inside.add(new Same(first, name));
    }

    void eval(String name, List<LabelledTokens> row) {
        String first = seen.get(row);
        if (first != null) between.add(new Same(first, name));
    }
}
