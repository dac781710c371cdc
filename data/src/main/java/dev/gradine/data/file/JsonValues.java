package dev.gradine.data.file;

import dev.gradine.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;

/// JSON values wherever their lines end: those of an array, or one behind the other.
final class JsonValues implements RowValues {

    private final JsonParser json;
    private final boolean isArray;
    private JsonNode value = JsonRows.JSON.nullNode();
    private int row;

    /// @param in closed with this
    JsonValues(InputStream in, boolean isArray) {
        this.isArray = isArray;
        json = JsonRows.JSON.createParser(in);
    }

    @Override
    public boolean next() {
        row++;
        try {
            if (isArray && row == 1) json.nextToken();
            JsonToken token = json.nextToken();
            if (isArray ? isEndOfArray(token) : token == null) return false;
            value = JsonRows.JSON.readTree(json);
            return true;
        } catch (JacksonException e) {
            throw JsonRows.unreadable(e);
        }
    }

    private boolean isEndOfArray(@Nullable JsonToken token) {
        if (token == null) throw new DataException("array is not closed, expected ']'");
        if (token != JsonToken.END_ARRAY) return false;
        if (json.nextToken() != null) throw new DataException("stands behind the array, expected the file's end");
        return true;
    }

    @Override
    public String where() {
        return "row " + row;
    }

    @Override
    public JsonNode value() {
        return value;
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
