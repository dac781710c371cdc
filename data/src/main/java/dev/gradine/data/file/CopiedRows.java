package dev.gradine.data.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;

/// Rows that cannot be gone to where they lie, copied to a temporary file as they come, a JSON text
/// each. The file has no name: it is gone when nobody holds it any longer, however the process ends.
///
/// A run reads rows in another order in each epoch; to unpack what stands before each would be most of
/// its time.
final class CopiedRows implements RowValues.Texts, StoredBytes {

    private static final ObjectWriter JSON = JsonRows.JSON.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private final RowValues rows;
    private final FileChannel copy;
    private long begin;
    private long end;

    CopiedRows(RowValues rows) throws IOException {
        this.rows = rows;
        Path file = Files.createTempFile("gradine-rows", ".jsonl");
        copy = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Files.delete(file); // what is open stays
    }

    @Override
    public boolean next() throws IOException {
        if (!rows.next()) return false;
        begin = end;
        ByteBuffer text = ByteBuffer.wrap(JSON.writeValueAsBytes(rows.value()));
        try {
            while (text.hasRemaining()) end += copy.write(text, end);
        } catch (IOException e) {
            throw new IOException(
                    "rows do not fit into %s (%s); GRADINE_JAVA_OPTS=-Djava.io.tmpdir=DIR names another folder"
                            .formatted(System.getProperty("java.io.tmpdir"), e.getMessage()),
                    e);
        }
        return true;
    }

    @Override
    public void read(ByteBuffer into, long at) throws IOException {
        while (into.hasRemaining() && copy.read(into, at + into.position()) >= 0) {}
    }

    @Override
    public String where() {
        return rows.where();
    }

    @Override
    public JsonNode value() {
        return rows.value();
    }

    @Override
    public JsonNode value(String text) {
        return JsonRows.value(text);
    }

    @Override
    public long begin() {
        return begin;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
