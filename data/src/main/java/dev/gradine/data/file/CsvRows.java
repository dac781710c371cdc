package dev.gradine.data.file;

import dev.gradine.data.DataException;
import dev.gradine.data.OneLine;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A table of comma-separated values, the first line of which names the columns: a row is an object of
/// texts, in the order of the columns. Empty lines are passed over.
final class CsvRows implements RowValues.Texts {

    private static final int LONGEST = 40; // characters of a column in a message

    private final InputStream in;
    private final int skipped;
    private final BoundedLines records;
    private List<String> columns = List.of();
    private String record = "";
    private long begin;
    private int line = 1; // of the record
    private int next = 1; // of what follows it

    CsvRows(PlainBytes text) {
        in = text.in();
        skipped = text.skipped();
        records = BoundedLines.ofTable(in, JsonRows.MAX_LINE);
    }

    @Override
    public boolean next() throws IOException {
        if (!columns.isEmpty()) return nextRecord();
        if (!nextRecord()) return false;
        columns = CsvRecord.fields(record);
        Set<String> seen = new HashSet<>();
        for (String c : columns) {
            if (!seen.add(c)) throw new DataException("names column \"%s\" twice".formatted(OneLine.of(c, LONGEST)));
        }
        return nextRecord();
    }

    private boolean nextRecord() throws IOException {
        do {
            if (!records.hasNext()) return false;
            line = next;
            begin = skipped + records.position();
            record = records.next();
            next += 1 + (int) record.chars().filter(c -> c == '\n').count();
        } while (record.isEmpty() || record.equals("\r"));
        return true;
    }

    @Override
    public String where() {
        return "line " + line;
    }

    @Override
    public JsonNode value() {
        return value(record);
    }

    @Override
    public JsonNode value(String text) {
        List<String> fields = CsvRecord.fields(text);
        if (fields.size() != columns.size()) {
            throw new DataException("%d fields, expected %d (one a column)".formatted(fields.size(), columns.size()));
        }
        ObjectNode row = JsonRows.JSON.createObjectNode();
        for (int i = 0; i < fields.size(); i++) row.put(columns.get(i), fields.get(i));
        return row;
    }

    @Override
    public long begin() {
        return begin;
    }

    @Override
    public long end() {
        return skipped + records.position();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
