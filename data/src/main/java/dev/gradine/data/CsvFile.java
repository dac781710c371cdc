package dev.gradine.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeSet;

/// Reads a table of comma-separated values, the first line of which names the columns.
///
/// A field in quotes may hold commas, line ends and, doubled, quotes: RFC 4180.
public final class CsvFile {

    private final String name;
    private final String text;
    private int at;
    private int line = 1;

    private CsvFile(String name, String text) {
        this.name = name;
        this.text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /// The rows, each as texts by column, in the order of the columns.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException naming file and line, if a row has too many or too few fields, or a quote
    ///     is not closed
    public static List<SequencedMap<String, String>> read(Path file) throws IOException {
        try {
            return new CsvFile(file.toString(), Files.readString(file)).rows();
        } catch (CharacterCodingException e) {
            throw new DataException(file + ": is not UTF-8", e);
        }
    }

    private List<SequencedMap<String, String>> rows() {
        List<String> columns = at < text.length() ? record() : List.of();
        if (new TreeSet<>(columns).size() < columns.size()) throw fault(1, "names a column twice: " + columns);
        List<SequencedMap<String, String>> rows = new ArrayList<>();
        while (at < text.length()) {
            int first = line;
            List<String> fields = record();
            if (fields.equals(List.of(""))) continue; // an empty line
            if (fields.size() != columns.size()) {
                throw fault(first, fields.size() + " fields, expected " + columns.size() + " (one a column)");
            }
            SequencedMap<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) row.put(columns.get(i), fields.get(i));
            rows.add(row);
        }
        if (rows.isEmpty()) throw new DataException(name + ": has no rows, expected at least one");
        return rows;
    }

    private DataException fault(int where, String what) {
        return new DataException("%s: line %d: %s".formatted(name, where, what));
    }

    private List<String> record() {
        List<String> fields = new ArrayList<>();
        fields.add(field());
        while (at < text.length() && text.charAt(at) == ',') {
            at++;
            fields.add(field());
        }
        if (at < text.length() && text.charAt(at) == '\r') at++;
        if (at < text.length() && text.charAt(at) == '\n') at++;
        line++;
        return fields;
    }

    private String field() {
        if (at < text.length() && text.charAt(at) == '"') return quoted();
        int start = at;
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) at++;
        return text.substring(start, at);
    }

    private String quoted() {
        int first = line;
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\n') line++;
            if (c == '"' && !text.startsWith("\"\"", at)) {
                at++;
                if (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
                    throw fault(line, "text behind a closing quote, expected a comma");
                }
                return out.toString();
            }
            if (c == '"') at++;
            out.append(c);
        }
        throw fault(first, "a quote is not closed");
    }
}
