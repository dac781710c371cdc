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
    /// @param first number of the one that came first
    /// @param second number of the other
    record Same(int first, int second) {}

    private final Map<List<LabelledTokens>, Integer> seen = new HashMap<>();

    /// Rows of a set that stand in it before.
    final List<Same> inside = new ArrayList<>();

    /// Rows for evaluation that are trained on.
    final List<Same> between = new ArrayList<>();

    void train(int number, List<LabelledTokens> row) {
        Integer first = seen.putIfAbsent(row, number);
        if (first != null) inside.add(new Same(first, number));
    }

    void eval(int number, List<LabelledTokens> row) {
        Integer first = seen.get(row);
        if (first != null) between.add(new Same(first, number));
    }
}
