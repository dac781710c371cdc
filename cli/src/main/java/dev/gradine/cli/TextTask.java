package dev.gradine.cli;

import dev.gradine.data.DataException;
import dev.gradine.data.file.RowFile;
import dev.gradine.data.file.RowKind;
import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.task.TaskFile;
import dev.gradine.eval.task.Tasks;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The texts of a file as a task: how likely a model is to say them.
final class TextTask {

    private TextTask() {}

    /// A text file is one text; a file of rows has one in each, in its column `text`.
    ///
    /// @throws DataException if a row has none
    static Tasks.Found of(Path file) {
        boolean isOne = String.valueOf(file.getFileName()).endsWith(".txt");
        if (!isOne) requireTexts(file);
        String data = Json.line(Map.of("test", file.toAbsolutePath().toString())); // JSON is YAML
        String yaml = """
                task: text
                output_type: loglikelihood_rolling
                test_split: test
                doc_to_target: text
                dataset_path: %s
                dataset_kwargs: {data_files: %s%s}
                """.formatted(isOne ? "text" : kind(file), data, isOne ? ", sample_by: document" : "");
        Path folder = file.toAbsolutePath().resolveSibling("");
        return new Tasks.Found(TaskFile.parse("text", yaml, _ -> ""), new DataFolders(List.of(folder)));
    }

    private static String kind(Path file) {
        return RowKind.of(file).name().toLowerCase(Locale.ROOT);
    }

    private static void requireTexts(Path file) {
        try {
            RowFile.values(file, value -> {
                if (value.isString() || value.path("text").isString()) return;
                throw new DataException("has no column text, expected one (of texts whose loss is told)");
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
