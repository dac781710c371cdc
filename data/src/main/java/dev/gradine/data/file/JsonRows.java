package dev.gradine.data.file;

import dev.gradine.data.DataException;
import dev.gradine.data.JsonFault;
import java.io.IOException;
import java.io.InputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/// Tells by the first line how the rows of a JSON file lie in it.
final class JsonRows {
    static final int MAX_LINE = 1 << 26;

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final ObjectReader ONE_VALUE =
            JSON.readerFor(JsonNode.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonRows() {}

    static RowValues open(PlainBytes text) throws IOException {
        InputStream in = text.in();
        int blank = skipBlank(in);
        in.mark(MAX_LINE);
        int first = in.read();
        in.reset();
        boolean isArray = first == '[';
        boolean several = !isArray && beginsAValue(new BoundedLines(in, MAX_LINE / 2));
        in.reset();
        in.mark(0); // what was read twice is not kept any longer
        return isArray || several ? new JsonValues(in, isArray) : new JsonLines(in, text.skipped() + blank);
    }

    private static int skipBlank(InputStream in) throws IOException {
        for (int skipped = 0; ; skipped++) {
            in.mark(1);
            int c = in.read();
            if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
            if (c >= 0) in.reset();
            return skipped;
        }
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

    /// The only value of a text.
    static JsonNode value(String text) {
        try {
            return ONE_VALUE.readTree(text);
        } catch (JacksonException e) {
            throw unreadable(e);
        }
    }

    static DataException unreadable(JacksonException e) {
        return new DataException("is not JSON: " + JsonFault.cause(e), e);
    }
}
