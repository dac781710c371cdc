package dev.gradine.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rows of one kind, in the order of their file.
///
/// @param name what messages call the set: its file
/// @param rows at least one
/// @param numbers number of each row in the file, from 1
public record DataSet(String name, List<Row> rows, List<Integer> numbers) {
    /// Copies the lists.
    public DataSet {
        rows = List.copyOf(rows);
        numbers = List.copyOf(numbers);
        if (rows.isEmpty()) throw new DataException(name + ": has no rows, expected at least one");
        if (numbers.size() != rows.size()) {
            throw new DataException(name + ": has " + numbers.size() + " row numbers, expected " + rows.size());
        }
    }

    /// A set made in memory; its rows are numbered from 1.
    public static DataSet of(String name, List<Row> rows) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 1; i <= rows.size(); i++) numbers.add(i);
        return new DataSet(name, rows, numbers);
    }

    /// Reads a file; see [RowFile].
    ///
    /// @throws IOException if it cannot be read
    /// @throws DataException naming file, row and field, if a row is not what it must be
    public static DataSet read(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        RowFile.read(file, rows::add);
        return of(String.valueOf(file.getFileName()), rows);
    }

    /// How many rows there are.
    public int size() {
        return rows.size();
    }

    /// The first `count` rows, or all if there are fewer.
    public DataSet first(int count) {
        if (count < 1) throw new DataException(name + ": row limit is " + count + ", expected >= 1");
        int n = Math.min(count, rows.size());
        return new DataSet(name, rows.subList(0, n), numbers.subList(0, n));
    }

    /// Splits off rows for evaluation.
    ///
    /// @param train the rows to learn from, in file order
    /// @param eval the rows to measure on, in file order
    public record Split(DataSet train, DataSet eval) {}

    /// Draws `round(fraction · size)` rows, at least one, for evaluation; the same for the same seed.
    ///
    /// @param fraction share of rows for evaluation, above 0 and below 1
    /// @throws DataException if the fraction is out of range or no row would be left to learn from
    public Split split(double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new DataException(name + ": eval fraction is " + fraction + ", expected above 0 and below 1");
        }
        int count = Math.max(1, (int) Math.round(fraction * rows.size()));
        if (count >= rows.size()) {
            throw new DataException(name + ": has " + rows.size() + " rows, expected more than the " + count
                    + " that eval fraction " + fraction + " takes");
        }
        int[] drawn = Shuffle.permutation(rows.size(), seed, 0);
        int[] eval = Arrays.copyOf(drawn, count);
        int[] train = Arrays.copyOfRange(drawn, count, drawn.length);
        Arrays.sort(eval);
        Arrays.sort(train);
        return new Split(pick(train), pick(eval));
    }

    private DataSet pick(int[] indices) {
        List<Row> picked = new ArrayList<>();
        List<Integer> from = new ArrayList<>();
        for (int i : indices) {
            picked.add(rows.get(i));
            from.add(numbers.get(i));
        }
        return new DataSet(name, picked, from);
    }
}
