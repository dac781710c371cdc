package dev.gradine.align;

import dev.gradine.data.DataException;
import dev.gradine.data.Label;
import dev.gradine.data.Row;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// Labels of rows as outputs of a model: a number is that of its output, a name is looked up.
///
/// @param labels what the outputs stand for
record KnownLabels(Labels labels) {

    /// Those of rows: their names in alphabetical order, or as many as the largest number says.
    ///
    /// @param asked how many there are; 0 for those of the rows
    /// @throws DataException if rows have names and numbers, or more than asked for, or one alone
    static Labels of(Iterable<Row> rows, int asked) {
        if (asked == 1) return new Labels(List.of("LABEL_0"), Problem.REGRESSION);
        SortedSet<String> names = new TreeSet<>();
        int numbers = 0;
        for (Row row : rows) {
            for (Label l : row.label()) { // the encoder says so of rows without
                if (l instanceof Label.Named n) names.add(n.name());
                else numbers = Math.max(numbers, count(l) + 1);
            }
        }
        if (numbers > 0 && !names.isEmpty()) {
            throw new DataException("labels: some are numbers and some names, such as \"%s\"; expected one of the two"
                    .formatted(names.first()));
        }
        List<String> all = new ArrayList<>(names);
        int n = Math.max(asked, numbers);
        if (names.isEmpty()) IntStream.range(0, n).forEach(i -> all.add("LABEL_" + i));
        if (asked > 0 && all.size() != asked) {
            throw new DataException(
                    "labels: the rows have %d, expected %d (--num-labels)".formatted(all.size(), asked));
        }
        if (all.size() < 2) {
            throw new DataException("labels: the rows have %d, expected at least 2 (or --num-labels 1 for numbers)"
                    .formatted(all.size()));
        }
        return new Labels(all, Problem.SINGLE_LABEL);
    }

    private static int count(Label label) {
        if (label instanceof Label.Numbered n && n.isCount()) return (int) n.value();
        throw new DataException("label is %s, expected a whole number from 0 or a name (or --num-labels 1 for numbers)"
                .formatted(label));
    }

    /// The output that a label stands for.
    ///
    /// @throws DataException if there is none
    int index(Label label) {
        int i = label instanceof Label.Named n ? labels.names().indexOf(n.name()) : count(label);
        if (i >= 0 && i < labels.count()) return i;
        throw new DataException(
                "label is %s, expected one of %s (those of the model)".formatted(label, labels.names()));
    }

    /// A label that is a number to be predicted.
    ///
    /// @throws DataException if it is a name
    static double number(Label label) {
        if (label instanceof Label.Numbered n) return n.value();
        throw new DataException("label is %s, expected a number (--num-labels 1)".formatted(label));
    }
}
