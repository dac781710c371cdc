package dev.gradine.data.file;

import dev.gradine.data.DataException;
import dev.gradine.data.MadeList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/// Rows by number that stay where they are: in memory there are their places alone, sixteen bytes each.
///
/// @param <T> what is made of a row
final class IndexedRows<T> {

    private final String name;
    private final RowValues.Texts rows;
    private final StoredBytes bytes;
    private final Function<JsonNode, T> make;
    private long[] places = new long[2048]; // row i begins at places[2i] and ends at places[2i + 1]
    private int count;

    private IndexedRows(Path file, RowValues.Texts rows, StoredBytes bytes, Function<JsonNode, T> make) {
        name = String.valueOf(file.getFileName());
        this.rows = rows;
        this.bytes = bytes;
        this.make = make;
    }

    /// Of a file whose rows have just been opened.
    static <T> IndexedRows<T> of(Path file, RowValues rows, Function<JsonNode, T> make) throws IOException {
        if (rows instanceof RowValues.Texts texts && !PlainBytes.isPacked(file)) {
            return new IndexedRows<>(file, texts, new WatchedFile(file), make);
        }
        CopiedRows copied = new CopiedRows(rows);
        return new IndexedRows<>(file, copied, copied, make);
    }

    /// To be gone through, from the first to the last.
    RowValues rows() {
        return rows;
    }

    /// Remembers the place of the row that was gone to, if something can be made of it.
    void add(JsonNode row) {
        T _ = make.apply(row);
        if (2 * count == places.length) places = Arrays.copyOf(places, 2 * places.length);
        places[2 * count] = rows.begin();
        places[2 * count + 1] = rows.end();
        count++;
    }

    /// All rows whose places are remembered.
    List<T> list() {
        return MadeList.of(count, this::row);
    }

    private T row(int i) {
        ByteBuffer text = ByteBuffer.allocate(Math.toIntExact(places[2 * i + 1] - places[2 * i]));
        try {
            bytes.read(text, places[2 * i]);
            return make.apply(rows.value(new String(text.array(), StandardCharsets.UTF_8)));
        } catch (DataException e) {
            throw e.in(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
