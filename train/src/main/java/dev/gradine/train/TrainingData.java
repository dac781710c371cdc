package dev.gradine.train;

import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// The rows of a run, split into those trained on and those held out.
///
/// @param train to learn from
/// @param evalSet to evaluate on: one, or none
public record TrainingData(DataSet train, List<DataSet> evalSet) {

    /// Reads a file, and holds out a share of its rows.
    ///
    /// @param evalSplit share of the rows, in [0, 1)
    /// @throws dev.gradine.data.DataException names the row that cannot be read
    public static TrainingData read(Path file, double evalSplit, long seed) {
        try {
            DataSet all = DataSet.read(file);
            if (evalSplit == 0) return new TrainingData(all, List.of());
            DataSet.Split split = all.split(evalSplit, seed);
            return new TrainingData(split.train(), List.of(split.eval()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Rows whose prompts are good samples: held out ones if there are any.
    List<Row> sampleRows() {
        return evalSet.isEmpty() ? train.rows() : evalSet.getFirst().rows();
    }
}
