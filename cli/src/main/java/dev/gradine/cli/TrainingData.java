package dev.gradine.cli;

import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// The rows of a run, split into those trained on and those held out.
///
/// @param train to learn from
/// @param held to evaluate on; empty unless a share was held out
record TrainingData(DataSet train, List<DataSet> held) {

    static TrainingData read(Path file, double evalSplit, long seed) {
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
        return held.isEmpty() ? train.rows() : held.getFirst().rows();
    }
}
