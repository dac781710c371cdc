package dev.gradine.data;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// A row of a table of texts as what it would be in JSON. The column says what its text means:
///
/// | column | meaning | empty |
/// |---|---|---|
/// | `messages`, `conversations`, `history`, `tools`, `documents`, `chat_template_kwargs` | JSON | null |
/// | `input_ids`, `labels`, `completions`, `rewards`, `truncated` | JSON | null |
/// | `prompt`, `completion`, `chosen`, `rejected` | messages if it is a JSON list of them, else text |
/// text |
/// | `reference` | the same | null |
/// | `label` beside `completion` | `true` or `1`, `false` or `0`, in letters of any case | refused |
/// | `label` beside `text`, `sentence1` or `premise` | a number if it is written as one, else a name | null |
/// | `margin` | a number | null |
/// | others | text | text |
final class TableRow {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int LONGEST = 40; // characters of a text in a message
    private static final Pattern NUMBER = Pattern.compile("[-+]?\\d+(\\.\\d*)?([eE][-+]?\\d+)?");

    private TableRow() {}

    /// The row with each text as what it means.
    ///
    /// @param row an object of texts
    /// @throws DataException naming the column whose text cannot be that
    static ObjectNode of(JsonNode row) {
        ObjectNode out = JSON.createObjectNode();
        for (Map.Entry<String, JsonNode> field : row.properties()) {
            String text = field.getValue().asString();
            out.set(field.getKey(), meant(field.getKey(), text, row));
        }
        return out;
    }

    private static JsonNode meant(String column, String text, JsonNode row) {
        return switch (column) {
            case "messages",
                    "conversations",
                    "history",
                    "input_ids",
                    "labels",
                    "completions",
                    "rewards",
                    "truncated",
                    "tools",
                    "documents",
                    "chat_template_kwargs" -> text.isBlank() ? NullNode.getInstance() : json(column, text);
            case "prompt", "completion", "chosen", "rejected" -> passage(text);
            case "reference" -> text.isEmpty() ? NullNode.getInstance() : passage(text);
            case "label" ->
                row.has("completion") ? flag(column, text) : isText(row) ? label(text) : StringNode.valueOf(text);
            case "margin" -> text.isBlank() ? NullNode.getInstance() : number(column, text);
            default -> StringNode.valueOf(text);
        };
    }

    private static boolean isText(JsonNode row) {
        return row.has("text") || row.has("sentence1") || row.has("premise");
    }

    private static JsonNode json(String column, String text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new DataException("column " + column + " is not JSON: " + JsonFault.cause(e), e);
        }
    }

    private static JsonNode passage(String text) {
        if (!text.stripLeading().startsWith("[")) return StringNode.valueOf(text);
        try {
            JsonNode list = JSON.readTree(text);
            boolean areMessages = !list.isEmpty()
                    && list.valueStream().allMatch(m -> m.has("role") || (m.has("from") && m.has("value")));
            return areMessages ? list : StringNode.valueOf(text);
        } catch (JacksonException e) {
            return StringNode.valueOf(text); // which begins as a list does
        }
    }

    private static JsonNode flag(String column, String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> BooleanNode.valueOf(true);
            case "false", "0" -> BooleanNode.valueOf(false);
            default -> throw unexpected(column, text, "true or false (or 1 or 0)");
        };
    }

    private static JsonNode label(String text) {
        if (text.isBlank()) return NullNode.getInstance();
        return NUMBER.matcher(text.strip()).matches() ? number("label", text) : StringNode.valueOf(text);
    }

    private static JsonNode number(String column, String text) {
        try {
            return DoubleNode.valueOf(Double.parseDouble(text.strip()));
        } catch (NumberFormatException e) {
            throw unexpected(column, text, "a number");
        }
    }

    private static DataException unexpected(String column, String text, String expected) {
        return new DataException(
                "column %s is \"%s\", expected %s".formatted(column, OneLine.of(text, LONGEST), expected));
    }
}
