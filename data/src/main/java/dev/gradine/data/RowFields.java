package dev.gradine.data;

import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.None;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The fields of one JSON row, typed; every error names the field and what it is.
///
/// @param row a JSON object
record RowFields(JsonNode row) {
    private static final String PASSAGE = "a string or a list of messages";

    boolean has(String field) {
        return row.has(field) && !row.path(field).isNull();
    }

    String string(String field) {
        JsonNode v = row.path(field);
        if (!v.isString()) throw unexpected("field " + field, v, "a string");
        return v.asString();
    }

    String stringOrEmpty(String field) {
        return has(field) ? string(field) : "";
    }

    boolean flag(String field) {
        JsonNode v = row.path(field);
        if (!v.isBoolean()) throw unexpected("field " + field, v, "true or false");
        return v.asBoolean();
    }

    double number(String field) {
        JsonNode v = row.path(field);
        if (!v.isNumber() || !Double.isFinite(v.asDouble())) throw unexpected("field " + field, v, "a number");
        return v.asDouble();
    }

    /// What the row says that its text is, where that is a name, a number, or true or false, which are 1
    /// and 0.
    List<Label> label() {
        JsonNode v = row.path("label");
        if (v.isString()) return List.of(new Label.Named(v.asString()));
        if (v.isBoolean()) return List.of(new Label.Numbered(v.asBoolean() ? 1 : 0));
        return v.isNumber() && Double.isFinite(v.asDouble()) ? List.of(new Label.Numbered(v.asDouble())) : List.of();
    }

    Passage passage(String field) {
        JsonNode v = row.path(field);
        if (v.isString()) return new Passage.Text(v.asString());
        if (v.isObject()) return new Passage.Turns(List.of(MessageParser.parse("field " + field, v)));
        if (!v.isArray()) throw unexpected("field " + field, v, PASSAGE);
        return new Passage.Turns(messages(field));
    }

    /// A non-empty list of messages with `role` and `content`, or ShareGPT's `from` and `value`.
    List<Message> messages(String field) {
        JsonNode v = row.path(field);
        if (!v.isArray()) throw unexpected("field " + field, v, "a list of messages");
        if (v.isEmpty()) throw new DataException("field " + field + " is empty, expected at least one message");
        List<Message> out = new ArrayList<>();
        for (JsonNode m : v) out.add(MessageParser.parse("field " + field + "[" + out.size() + "]", m));
        return out;
    }

    /// A conversation, with the row's `system` column in front unless it begins with a system message.
    List<Message> conversation(String field) {
        List<Message> turns = messages(field);
        String system = stringOrEmpty("system");
        if (system.isEmpty() || turns.getFirst().role().equals("system")) return turns;
        turns.addFirst(new Message("system", system));
        return turns;
    }

    /// The `history` column, if there is one: earlier turns as pairs of what the user and the assistant said.
    List<Message> history() {
        List<Message> out = new ArrayList<>();
        if (!has("history")) return out;
        JsonNode pairs = row.path("history");
        if (!pairs.isArray()) throw unexpected("field history", pairs, "a list of pairs of strings");
        for (JsonNode pair : pairs) {
            boolean fits =
                    pair.size() == 2 && pair.path(0).isString() && pair.path(1).isString();
            if (!fits) {
                throw new DataException("field history[" + out.size() / 2 + "] is "
                        + (pair.isArray() ? "another list" : kind(pair)) + ", expected a pair of strings");
            }
            out.add(new Message("user", pair.path(0).asString()));
            out.add(new Message("assistant", pair.path(1).asString()));
        }
        return out;
    }

    /// The answers of `completions` with what `rewards` and `truncated` say of each.
    List<Row.Rated> rated() {
        JsonNode texts = list("completions", -1);
        JsonNode rewards = list("rewards", texts.size());
        boolean told = has("truncated");
        JsonNode truncated = told ? list("truncated", texts.size()) : texts;
        List<Row.Rated> out = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            String at = "[" + i + "]";
            if (!texts.get(i).isString()) throw unexpected("field completions" + at, texts.get(i), "a string");
            if (!rewards.get(i).isNumber()) throw unexpected("field rewards" + at, rewards.get(i), "a number");
            if (told && !truncated.get(i).isBoolean()) {
                throw unexpected("field truncated" + at, truncated.get(i), "true or false");
            }
            boolean cut = told && truncated.get(i).asBoolean();
            out.add(new Row.Rated(texts.get(i).asString(), rewards.get(i).asDouble(), cut));
        }
        return out;
    }

    /// @param size of the list, or a negative number for any above 0
    private JsonNode list(String field, int size) {
        JsonNode v = row.path(field);
        if (!v.isArray()) throw unexpected("field " + field, v, "a list");
        if (size < 0 ? v.isEmpty() : v.size() != size) {
            throw new DataException("field %s has %d entries, expected %s"
                    .formatted(field, v.size(), size < 0 ? "at least 1" : size + " (as many as completions)"));
        }
        return v;
    }

    /// All fields but one, and but what is for the chat template.
    Map<String, Object> columnsBeside(String field) {
        Map<String, Object> out = new LinkedHashMap<>();
        Set<String> others = Set.of(field, "tools", "documents", "chat_template_kwargs");
        for (var e : row.properties()) if (!others.contains(e.getKey())) out.put(e.getKey(), plain(e.getValue()));
        return out;
    }

    int[] integers(String field) {
        JsonNode v = row.path(field);
        if (!v.isArray()) throw unexpected("field " + field, v, "a list of integers");
        int[] out = new int[v.size()];
        for (int i = 0; i < out.length; i++) {
            if (!v.get(i).isInt()) throw unexpected("field " + field + "[" + i + "]", v.get(i), "an integer");
            out[i] = v.get(i).asInt();
        }
        return out;
    }

    /// What the row hands to the chat template.
    Map<String, Object> variables() {
        Map<String, Object> out = new LinkedHashMap<>();
        for (String field : List.of("tools", "documents")) {
            if (has(field)) out.put(field, plain(listOrJson(field)));
        }
        if (!has("chat_template_kwargs")) return out;
        JsonNode more = row.path("chat_template_kwargs");
        if (!more.isObject()) throw unexpected("field chat_template_kwargs", more, "an object");
        for (var e : more.properties()) out.put(e.getKey(), plain(e.getValue()));
        return out;
    }

    /// A list, or a string that is the JSON text of one.
    private JsonNode listOrJson(String field) {
        JsonNode v = row.path(field);
        if (v.isString()) {
            try {
                v = JsonMapper.shared().readTree(v.asString());
            } catch (JacksonException e) {
                throw new DataException("field " + field + " is a string that is not JSON: " + JsonFault.cause(e), e);
            }
        }
        if (!v.isArray() && !v.isNull()) throw unexpected("field " + field, v, "a list (or the JSON text of one)");
        return v;
    }

    static Object plain(JsonNode v) {
        if (v.isObject()) {
            Map<String, Object> out = new LinkedHashMap<>();
            for (var e : v.properties()) out.put(e.getKey(), plain(e.getValue()));
            return out;
        }
        if (v.isArray()) {
            List<Object> out = new ArrayList<>();
            for (JsonNode item : v) out.add(plain(item));
            return out;
        }
        if (v.isString()) return v.asString();
        if (v.isBoolean()) return v.asBoolean();
        if (v.canConvertToLong() && v.isIntegralNumber()) return v.asLong();
        return v.isNumber() ? (Object) v.asDouble() : None.NONE;
    }

    static DataException unexpected(String what, JsonNode v, String expected) {
        return new DataException(what + " is " + kind(v) + ", expected " + expected);
    }

    static String kind(JsonNode v) {
        if (v.isMissingNode()) return "missing";
        if (v.isNull()) return "null";
        if (v.isString()) return "a string";
        if (v.isNumber()) return "a number";
        if (v.isBoolean()) return "a boolean";
        if (v.isBinary()) return "bytes";
        return v.isArray() ? "a list" : "an object";
    }
}
