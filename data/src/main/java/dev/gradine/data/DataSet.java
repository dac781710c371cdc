package dev.gradine.data;

import dev.gradine.data.file.RowFile;
import dev.gradine.data.file.RowKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// Rows of one kind, in the order of their file.
///
/// @param name what messages call the set: its file
/// @param rows at least one
/// @param numbers number of each row in the file, from 1
public record DataSet(String name, List<Row> rows, List<Integer> numbers) {
    /// Larger files stay where they are.
    private static final long HELD = 256L << 20;

    private static final long PACKED = 4; // times smaller a file is whose kind is packed

    /// Copies the lists, unless they hold nothing.
    public DataSet {
        rows = MadeList.copyOf(rows);
        numbers = MadeList.copyOf(numbers);
        if (rows.isEmpty()) throw new DataException(name + ": has no rows, expected at least one");
        if (numbers.size() != rows.size()) {
            throw new DataException(name + ": has " + numbers.size() + " row numbers, expected " + rows.size());
        }
    }

    /// A set made in memory; its rows are numbered from 1.
    public static DataSet of(String name, List<Row> rows) {
        return new DataSet(name, rows, MadeList.of(rows.size(), i -> i + 1));
    }

    /// Reads a file of any [RowKind]. Of a large one, rows are read when they are asked for, and memory
    /// holds their places alone.
    ///
    /// @throws IOException if it cannot be read
    /// @throws DataException naming file, row and field, if a row is not what it must be
    public static DataSet read(Path file) throws IOException {
        return read(file, HELD);
    }

    /// The same, where larger files than `held` bytes are those that stay where they are.
    ///
    /// @throws IOException if it cannot be read
    /// @throws DataException naming file, row and field, if a row is not what it must be
    public static DataSet read(Path file, long held) throws IOException {
        String name = String.valueOf(file.getFileName());
        RowKind kind = RowKind.of(file);
        boolean isTable = kind == RowKind.CSV;
        long unpacking = kind == RowKind.PARQUET ? PACKED : 1;
        RowParser parser = new RowParser();
        Function<JsonNode, Row> parse = value -> parser.parse(isTable ? TableRow.of(value) : value);
        if (Files.isRegularFile(file) && Files.size(file) * unpacking > held) {
            return of(name, RowFile.byNumber(file, parse));
        }
        List<Row> rows = new ArrayList<>();
        RowFile.values(file, value -> rows.add(parse.apply(value)));
        return of(name, rows);
    }

    /// Whether rows are made when they are asked for, and examples are to be, too.
    public boolean isLarge() {
        return rows instanceof MadeList<Row>;
    }

    /// How many rows there are.
    public int size() {
        return rows.size();
    }

    /// The first `count` rows, or all if there are fewer.
    public DataSet first(int count) {
        if (count < 1) throw new DataException(name + ": row limit is " + count + ", expected >= 1");
        int n = Math.min(count, rows.size());
        return pick(IntStream.range(0, n).toArray());
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
        MadeList<Row> picked = MadeList.of(indices.length, i -> rows.get(indices[i]));
        MadeList<Integer> from = MadeList.of(indices.length, i -> numbers.get(indices[i]));
        return isLarge() ? new DataSet(name, picked, from) : new DataSet(name, List.copyOf(picked), from);
    }
}
