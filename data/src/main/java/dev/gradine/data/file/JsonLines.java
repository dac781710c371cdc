package dev.gradine.data.file;

import java.io.IOException;
import java.io.InputStream;
import tools.jackson.databind.JsonNode;

/// JSONL: a value on each line. Blank lines are passed over.
final class JsonLines implements RowValues.Texts {

    private final InputStream in;
    private final long skipped;
    private final BoundedLines lines;
    private String line = "";
    private long begin;
    private int row;

    /// @param skipped bytes of the file before those of `in`
    JsonLines(InputStream in, long skipped) {
        this.in = in;
        this.skipped = skipped;
        lines = new BoundedLines(in, JsonRows.MAX_LINE);
    }

    @Override
    public boolean next() throws IOException {
        row++;
        while (lines.hasNext()) {
            begin = skipped + lines.position();
            line = lines.next();
            if (!line.isBlank()) return true;
        }
        return false;
    }

    @Override
    public String where() {
        return "row " + row;
    }

    @Override
    public JsonNode value() {
        return value(line);
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
        return skipped + lines.position();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
