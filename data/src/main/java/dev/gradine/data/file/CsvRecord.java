package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.util.ArrayList;
import java.util.List;

/// Takes a record of comma-separated values apart.
///
/// A field in quotes may hold commas, line ends and, doubled, quotes: RFC 4180.
final class CsvRecord {

    private final String text;
    private int at;

    private CsvRecord(String text) {
        this.text = text;
    }

    /// The fields of a record; what follows its line end is not looked at.
    ///
    /// @throws DataException if a quote is not closed, or there is text behind a closing quote or a
    ///     line end
    static List<String> fields(String text) {
        CsvRecord record = new CsvRecord(text);
        List<String> fields = new ArrayList<>();
        fields.add(record.field());
        while (record.isAt(",")) {
            record.at++;
            fields.add(record.field());
        }
        if (record.isAt("\r") && !record.text.startsWith("\r\n", record.at) && record.at < text.length() - 1) {
            throw new DataException("text behind a carriage return, expected a line feed");
        }
        return fields;
    }

    private boolean isAt(String any) {
        return at < text.length() && any.indexOf(text.charAt(at)) >= 0;
    }

    private String field() {
        if (isAt("\"")) return quoted();
        int start = at;
        while (at < text.length() && !isAt(",\r\n")) at++;
        return text.substring(start, at);
    }

    private String quoted() {
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"' && !text.startsWith("\"\"", at)) {
                at++;
                if (at == text.length() || isAt(",\r\n")) return out.toString();
                throw new DataException("text behind a closing quote, expected a comma");
            }
            if (c == '"') at++;
            out.append(c);
        }
        throw new DataException("a quote is not closed");
    }
}
