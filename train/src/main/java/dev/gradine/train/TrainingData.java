package dev.gradine.train;

import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// The rows of a run, source by source, split into those trained on and those held out.
///
/// @param sources the files of `--data`, in their order; behind them what is replayed
public record TrainingData(List<Source> sources) {

    /// The name of replayed rows in metrics.
    static final String REPLAY = "replay";

    /// The rows of one file.
    ///
    /// @param name in metrics
    /// @param file they are from: one, or none
    /// @param isReplay whether they are of what was learnt before
    /// @param train to learn from
    /// @param evalSet to evaluate on: one, or none
    public record Source(String name, List<Path> file, boolean isReplay, DataSet train, List<DataSet> evalSet) {

        /// The same without rows held out.
        Source trained() {
            return new Source(name, file, isReplay, train, List.of());
        }
    }

    /// Rows of one file.
    public TrainingData(DataSet train, List<DataSet> evalSet) {
        this(List.of(new Source("data", List.of(), false, train, evalSet)));
    }

    /// Reads files, and holds out a share of the rows of each.
    ///
    /// @param evalSplit share of the rows, in [0, 1)
    /// @throws dev.gradine.data.DataException names the row that cannot be read
    public static TrainingData read(List<Path> files, double evalSplit, long seed) {
        List<Source> sources = new ArrayList<>();
        Set<String> names = new HashSet<>(Set.of(REPLAY));
        for (Path file : files) sources.add(source(name(file, names), false, file, evalSplit, seed));
        return new TrainingData(sources);
    }

    /// The same rows and those of a file that are replayed.
    TrainingData replaying(Path file, double evalSplit, long seed) {
        List<Source> all = new ArrayList<>(sources);
        all.add(source(REPLAY, true, file, evalSplit, seed));
        return new TrainingData(all);
    }

    private static Source source(String name, boolean isReplay, Path file, double evalSplit, long seed) {
        try {
            DataSet all = DataSet.read(file);
            if (evalSplit == 0) return new Source(name, List.of(file), isReplay, all, List.of());
            DataSet.Split split = all.split(evalSplit, seed);
            return new Source(name, List.of(file), isReplay, split.train(), List.of(split.eval()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The file's name without its endings, in letters that a name of a metric may have, and with a number where
    /// another has it.
    private static String name(Path file, Set<String> taken) {
        String whole = String.valueOf(file.getFileName());
        int dot = whole.indexOf('.', 1);
        String plain = (dot < 0 ? whole : whole.substring(0, dot)).replaceAll("[^\\w.-]", "_");
        String name = plain;
        for (int n = 2; !taken.add(name); n++) name = plain + "-" + n;
        return name;
    }

    /// Whether all rows are tokens already.
    boolean areTokens() {
        return sources.stream().allMatch(s -> s.train().rows().getFirst() instanceof Row.Tokens);
    }

    /// All rows, those that are held out among them.
    Iterable<Row> rows() {
        return () -> sources.stream()
                .flatMap(s -> Stream.concat(Stream.of(s.train()), s.evalSet().stream()))
                .flatMap(set -> set.rows().stream())
                .iterator();
    }

    /// Whether any row is held out.
    boolean evaluates() {
        return sources.stream().anyMatch(s -> !s.evalSet().isEmpty());
    }

    /// Rows whose prompts are good samples: held out ones of the first file if there are any.
    List<Row> sampleRows() {
        Source first = sources.getFirst();
        return first.evalSet().isEmpty()
                ? first.train().rows()
                : first.evalSet().getFirst().rows();
    }
}
