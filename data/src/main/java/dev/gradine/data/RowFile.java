package dev.gradine.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/// Reads rows from a file one after the other: a JSON array, JSONL with one value per line, or values
/// that each stand on several lines; all may be packed with gzip. Which it is shows in the first line,
/// not in the name.
public final class RowFile {
    static final int MAX_LINE = 1 << 26;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final ObjectReader ONE_VALUE =
            JSON.readerFor(JsonNode.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final String name;
    private final Consumer<JsonNode> sink;
    private int row;

    private RowFile(String name, Consumer<JsonNode> sink) {
        this.name = name;
        this.sink = sink;
    }

    /// Reads the file and hands its rows to `sink` in order.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException naming file, row (from 1) and field, if a row is not what it must be or
    ///     there is none
    public static void read(Path file, Consumer<Row> sink) throws IOException {
        RowParser parser = new RowParser();
        values(file, value -> sink.accept(parser.parse(value)));
    }

    /// Reads the file and hands its values to `sink` in order, whatever they are.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws DataException naming file and row, from 1, if a value cannot be read, `sink` refuses it,
    ///     or there is none
    public static void values(Path file, Consumer<JsonNode> sink) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!Files.exists(file)) throw new DataException(file + ": does not exist");
        if (Files.isDirectory(file)) throw new DataException(file + ": is a folder, expected a file");
        var reader = new RowFile(name, sink);
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = new BufferedInputStream(unpacked(raw))) {
            reader.read(in);
        } catch (ZipException | EOFException e) {
            throw new DataException(name + ": is not a whole gzip file", e);
        }
        if (reader.row == 0) throw new DataException(name + ": has no rows, expected at least one");
    }

    private static InputStream unpacked(InputStream raw) throws IOException {
        var in = new BufferedInputStream(raw);
        in.mark(2);
        boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
        in.reset();
        return gzip ? new GZIPInputStream(in, 1 << 16) : in;
    }

    private void read(InputStream in) throws IOException {
        skipByteOrderMark(in);
        int first = firstVisible(in);
        if (first == '[') {
            array(in);
            return;
        }
        in.mark(MAX_LINE);
        boolean several = beginsAValue(new BoundedLines(in, MAX_LINE / 2));
        in.reset();
        in.mark(0); // what was read twice is not kept any longer
        if (several) values(in);
        else lines(in);
    }

    /// Whether the first line is the beginning of a value that goes on behind it.
    private static boolean beginsAValue(BoundedLines lines) throws IOException {
        try {
            String line = lines.hasNext() ? lines.next().strip() : "";
            if (line.isEmpty() || !lines.hasNext() || "{[,:".indexOf(line.charAt(line.length() - 1)) < 0) return false;
            ONE_VALUE.readTree(line);
            return false;
        } catch (UnexpectedEndOfInputException e) {
            return true;
        } catch (DataException | JacksonException e) {
            return false; // told where the line is read as a row
        }
    }

    /// Whether a file that can be read has a value on each line, unpacked.
    static boolean isLines(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            in.mark(2);
            boolean packed = in.read() == 0x1F && in.read() == 0x8B;
            in.reset();
            skipByteOrderMark(in);
            if (packed || firstVisible(in) == '[') return false;
            in.mark(MAX_LINE);
            return !beginsAValue(new BoundedLines(in, MAX_LINE / 2));
        }
    }

    private void values(InputStream in) {
        try (JsonParser json = JSON.createParser(in)) {
            while (json.nextToken() != null) accept(JSON.readTree(json));
        } catch (JacksonException e) {
            throw unreadable(row + 1, e);
        }
    }

    /// Passes over it, if there is one.
    ///
    /// @return bytes passed over
    static int skipByteOrderMark(InputStream in) throws IOException {
        in.mark(3);
        boolean mark = in.read() == 0xEF && in.read() == 0xBB && in.read() == 0xBF;
        if (!mark) in.reset();
        return mark ? 3 : 0;
    }

    private static int firstVisible(InputStream in) throws IOException {
        int c = ' ';
        while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            in.mark(1);
            c = in.read();
        }
        if (c >= 0) in.reset();
        return c;
    }

    private void array(InputStream in) {
        try (JsonParser json = JSON.createParser(in)) {
            json.nextToken();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (json.currentToken() == null) throw new DataException(name + ": array is not closed, expected ']'");
                JsonNode value = JSON.readTree(json);
                accept(value);
            }
            if (json.nextToken() != null)
                throw new DataException(name + ": has more after the array, expected its end");
        } catch (JacksonException e) {
            throw unreadable(row + 1, e);
        }
    }

    private void lines(InputStream in) throws IOException {
        var lines = new BoundedLines(in, MAX_LINE);
        while (lines.hasNext()) {
            String where = name + ": row " + (row + 1);
            String line = line(lines, where);
            if (!line.isBlank()) accept(value(line, where));
        }
    }

    /// The next line.
    static String line(BoundedLines lines, String where) throws IOException {
        try {
            return lines.next();
        } catch (DataException e) {
            throw e.in(where);
        }
    }

    private static JsonNode value(String line, String where) {
        try {
            return ONE_VALUE.readTree(line);
        } catch (JacksonException e) {
            throw unreadable(where, e);
        }
    }

    /// The row that a line holds.
    static Row parse(String line, RowParser parser, String where) {
        JsonNode value = value(line, where);
        try {
            return parser.parse(value);
        } catch (DataException e) {
            throw e.in(where);
        }
    }

    private static DataException unreadable(String where, JacksonException e) {
        return new DataException(where + ": is not JSON: " + JsonFault.cause(e), e);
    }

    private DataException unreadable(int at, JacksonException e) {
        return unreadable(name + ": row " + at, e);
    }

    private void accept(JsonNode value) {
        row++;
        try {
            sink.accept(value);
        } catch (DataException e) {
            throw e.in(name + ": row " + row);
        }
    }
}
