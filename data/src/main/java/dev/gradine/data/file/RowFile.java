package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.ZipException;
import tools.jackson.databind.JsonNode;

/// Reads the rows of a file as JSON values, in order or by number. Its name tells of which [RowKind] it
/// is; JSON and CSV may be packed with gzip, whatever the name says.
public final class RowFile {

    private RowFile() {}

    /// Reads the file and hands its rows to `sink` in order.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException naming file and row, from 1, if a row cannot be read, `sink` refuses it,
    ///     or there is none
    public static void values(Path file, Consumer<JsonNode> sink) throws IOException {
        values(file, RowKind.of(file), sink);
    }

    /// The same of a file whose kind is known.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException naming file and row, from 1, if a row cannot be read, `sink` refuses it,
    ///     or there is none
    public static void values(Path file, RowKind kind, Consumer<JsonNode> sink) throws IOException {
        read(file, kind, rows -> each(file, rows, sink));
    }

    /// The rows by number, from 0, each made when it is asked for: from its place in the file, or where
    /// it has none that can be gone to, from a copy in a temporary file that is gone when the process
    /// is. All are made once at first.
    ///
    /// @param make of a row what it is to be
    /// @throws IOException if the file cannot be read, or not be copied
    /// @throws DataException naming file and row, from 1, if a row cannot be read, `make` refuses it,
    ///     or there is none
    public static <T> List<T> byNumber(Path file, Function<JsonNode, T> make) throws IOException {
        return read(file, RowKind.of(file), rows -> {
            IndexedRows<T> indexed = IndexedRows.of(file, rows, make);
            each(file, indexed.rows(), indexed::add);
            return indexed.list();
        });
    }

    private interface Reading<T> {
        T of(RowValues rows) throws IOException;
    }

    private static <T> T read(Path file, RowKind kind, Reading<T> reading) throws IOException {
        if (!Files.exists(file)) throw new DataException(file + ": does not exist");
        if (Files.isDirectory(file)) throw new DataException(file + ": is a folder, expected a file");
        try (RowValues rows = open(file, kind)) {
            return reading.of(rows);
        } catch (ZipException | EOFException e) {
            throw new DataException(file.getFileName() + ": is not a whole gzip file", e);
        }
    }

    private static RowValues open(Path file, RowKind kind) throws IOException {
        try {
            return kind.open(file);
        } catch (DataException e) {
            throw e.in(String.valueOf(file.getFileName()));
        }
    }

    private static int each(Path file, RowValues rows, Consumer<JsonNode> step) throws IOException {
        int count = 0;
        try {
            for (; rows.next(); count++) step.accept(rows.value());
        } catch (DataException e) {
            throw e.in(file.getFileName() + ": " + rows.where());
        }
        if (count == 0) throw new DataException(file.getFileName() + ": has no rows, expected at least one");
        return count;
    }
}
