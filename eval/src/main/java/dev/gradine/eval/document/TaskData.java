package dev.gradine.eval.document;

import dev.gradine.data.file.RowFile;
import dev.gradine.data.file.RowKind;
import dev.gradine.data.jinja.None;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Where the documents of a task come from.
///
/// @param task named in messages
/// @param format of the files
/// @param files by split: relative to a folder of data, or absolute
/// @param tested the split whose documents are asked
public record TaskData(String task, Format format, Map<String, List<String>> files, String tested) {

    private static final JsonMapper JSON = new JsonMapper();

    /// How documents lie in a file.
    public enum Format {
        /// A JSON array, or a value a line; also gzipped. A text is a document whose only column is
        /// `text`.
        JSON,
        /// A table of texts whose first line names the columns.
        CSV,
        /// Apache Parquet.
        PARQUET,
        /// A file is one document, its only column `text`.
        TEXT,
        /// A line is a document, its only column `text`.
        LINES
    }

    /// Copies the files.
    public TaskData {
        files = Map.copyOf(files);
    }

    /// The documents of a split.
    ///
    /// @throws TaskException if a file is missing
    public List<Document> documents(String split, DataFolders folders) {
        List<Document> all = new ArrayList<>();
        List<String> names = files.get(split);
        if (names == null) {
            throw new TaskException(
                    task,
                    "data_files has no split " + split + ", expected one of " + String.join(", ", files.keySet()));
        }
        for (String name : names) {
            Path file = folders.find(task, name);
            try {
                for (Map<String, Object> fields : read(file)) all.add(new Document(all.size(), fields));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all;
    }

    private List<Map<String, Object>> read(Path file) throws IOException {
        List<Map<String, Object>> rows = new ArrayList<>();
        switch (format) {
            case JSON -> RowFile.values(file, RowKind.JSON, value -> rows.add(fields(value)));
            case CSV -> RowFile.values(file, RowKind.CSV, value -> rows.add(fields(value)));
            case PARQUET -> RowFile.values(file, RowKind.PARQUET, value -> rows.add(fields(value)));
            case TEXT -> rows.add(Map.of("text", Files.readString(file)));
            case LINES -> Files.readString(file).lines().forEach(line -> rows.add(Map.of("text", line)));
        }
        return rows;
    }

    private Map<String, Object> fields(JsonNode value) {
        if (value.isString()) return Map.of("text", value.asString());
        if (!value.isObject()) throw new TaskException(task, "a row is no object, expected { … }");
        Map<String, Object> fields = new LinkedHashMap<>();
        value.forEachEntry(
                (name, field) -> fields.put(name, field.isNull() ? None.NONE : JSON.treeToValue(field, Object.class)));
        return fields;
    }
}
