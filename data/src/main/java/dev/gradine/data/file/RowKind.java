package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/// How rows lie in a file.
public enum RowKind {
    /// A JSON array, a value on each line, or values that each stand on several lines: the text says
    /// which.
    JSON {
        @Override
        RowValues open(Path file) throws IOException {
            return JsonRows.open(PlainBytes.of(file));
        }
    },
    /// A table of texts whose first line names the columns.
    CSV {
        @Override
        RowValues open(Path file) throws IOException {
            return new CsvRows(PlainBytes.of(file));
        }
    },
    /// Apache Parquet: columns, in groups of rows.
    PARQUET {
        @Override
        RowValues open(Path file) throws IOException {
            return ParquetRows.open(file);
        }
    };

    /// Opens a file, which the caller closes.
    abstract RowValues open(Path file) throws IOException;

    /// The kind that a file's name tells; `.gz` behind it does not count. A name without ending is of
    /// JSON.
    ///
    /// @throws DataException if the ending is of no kind
    public static RowKind of(Path file) {
        String name = String.valueOf(file.getFileName());
        String plain = name.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        int dot = plain.lastIndexOf('.');
        return switch (dot <= 0 ? "" : plain.substring(dot)) {
            case "", ".json", ".jsonl", ".ndjson" -> JSON;
            case ".csv" -> CSV;
            case ".parquet" -> PARQUET;
            default ->
                throw new DataException(
                        name + ": is no file of rows by its name, expected .jsonl, .json, .csv or .parquet");
        };
    }
}
