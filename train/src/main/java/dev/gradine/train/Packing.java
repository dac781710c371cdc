package dev.gradine.train;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/// How several examples make one row of a batch, so that rows are of about the same length.
///
/// No token of an example sees one of another: with `bfd` packing changes which examples make a step, not what is
/// computed for each.
public enum Packing {
    /// Best fit, the longest first: an example goes where the least room is left over. Examples stay whole.
    BFD,
    /// All tokens in a line, cut into rows: texts run into each other, and every token sees all before it in its row.
    WRAPPED;

    /// Rows of the data that are packed together: no more are held back than these, and TRL takes as many.
    private static final int TOGETHER = 1000;

    /// The examples of each row, in the order the rows were begun.
    ///
    /// @param length of an example, in tokens
    /// @param most tokens of a row
    static <E> List<List<E>> bestFit(List<E> examples, ToIntFunction<E> length, int most) {
        List<List<E>> rows = new ArrayList<>();
        for (List<E> some : ExampleBatches.cut(examples, TOGETHER)) {
            Fit<E> fit = new Fit<>(most);
            int[] lengths = some.stream().mapToInt(length).toArray();
            IntStream.range(0, some.size())
                    .boxed()
                    .sorted(Comparator.comparingInt(i -> -lengths[i])) // stable: equal lengths keep their order
                    .forEach(i -> fit.add(some.get(i), lengths[i]));
            rows.addAll(fit.rows);
        }
        return rows;
    }

    /// Rows that are being filled.
    private static final class Fit<E> {
        final List<List<E>> rows = new ArrayList<>();
        private final TreeMap<Integer, Deque<List<E>>> bySpace = new TreeMap<>(); // of equal space the earliest first
        private final int most;

        Fit(int most) {
            this.most = most;
        }

        void add(E example, int length) {
            var fitting = bySpace.ceilingEntry(length);
            int space = fitting == null ? most : fitting.getKey();
            List<E> row = fitting == null ? begun() : fitting.getValue().removeFirst();
            if (fitting != null && fitting.getValue().isEmpty()) bySpace.remove(space);
            row.add(example);
            int left = space - length;
            if (left > 0) bySpace.computeIfAbsent(left, _ -> new ArrayDeque<>()).addLast(row);
        }

        private List<E> begun() {
            List<E> row = new ArrayList<>();
            rows.add(row);
            return row;
        }
    }

    /// What is told of it: `packing: 16 examples in 4 rows, 93 % of 4 x 512 tokens`.
    static String told(int examples, int rows, long tokens, int most) {
        return String.format(
                Locale.ROOT,
                "packing: %,d examples in %,d rows, %.0f %% of %d tokens each",
                examples,
                rows,
                100.0 * tokens / ((double) rows * most),
                most);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
