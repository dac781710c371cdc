package dev.gradine.data;

import static dev.gradine.data.RowFields.plain;
import static dev.gradine.data.RowFields.unexpected;

import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.None;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One message of a row: `role` and `content`, or ShareGPT's `from` and `value`.
///
/// ShareGPT's speakers become roles: `human` is the user; `gpt` and its like are the assistant; `observation` and its
/// like are a tool; a `function_call` is an assistant's message whose tool calls are the JSON of its value. Any other
/// name stays, as every `role` does, for the template to know.
final class MessageParser {
    /// Fields beside which a message needs no content.
    private static final List<String> BESIDE_CONTENT =
            List.of("tool_calls", "function_call", "reasoning_content", "reasoning", "thinking");

    private final String where;
    private final JsonNode m;
    private final Map<String, Object> extras = new LinkedHashMap<>();

    private MessageParser(String where, JsonNode m) {
        this.where = where;
        this.m = m;
    }

    /// @param where the message, in errors
    static Message parse(String where, JsonNode m) {
        if (!m.isObject()) throw unexpected(where, m, "a message with role and content");
        return new MessageParser(where, m).message();
    }

    private Message message() {
        boolean shareGpt = !m.has("role") && m.has("from");
        String roleField = shareGpt ? "from" : "role";
        String contentField = !m.has("content") && m.has("value") ? "value" : "content";
        JsonNode role = m.path(roleField);
        if (!role.isString()) throw unexpected(where + "." + roleField, role, "a string");
        for (var e : m.properties()) {
            if (!e.getKey().equals(roleField) && !e.getKey().equals(contentField)) {
                extras.put(e.getKey(), plain(e.getValue()));
            }
        }
        String content = content(where + "." + contentField, m.path(contentField));
        return shareGpt ? spoken(role.asString(), content) : new Message(role.asString(), content, extras);
    }

    private Message spoken(String from, String content) {
        return switch (from) {
            case "human" -> new Message("user", content, extras);
            case "gpt", "chatgpt", "bot", "bing", "bard" -> new Message("assistant", content, extras);
            case "observation", "function_response", "tool_response" -> new Message("tool", content, extras);
            case "function_call", "tool_call" -> call(content);
            default -> new Message(from, content, extras);
        };
    }

    /// The calls in the JSON of `text`; what is no such JSON is what the assistant says.
    private Message call(String text) {
        List<Object> calls = calls(text);
        if (calls.isEmpty()) return new Message("assistant", text, extras);
        extras.put("content", None.NONE);
        extras.put("tool_calls", calls);
        return new Message("assistant", "", extras);
    }

    private static List<Object> calls(String text) {
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            return List.of();
        }
        List<Object> out = new ArrayList<>();
        for (JsonNode call : json.isArray() ? json : List.of(json)) {
            if (!call.path("name").isString()) return List.of();
            Map<String, Object> typed = new LinkedHashMap<>();
            typed.put("type", "function");
            typed.put("function", plain(call));
            out.add(typed);
        }
        return out;
    }

    /// Content is a string; it may be null or absent beside tool calls or a thought, and is then absent for the
    /// template. A list of typed parts is handed to the template as it is.
    private String content(String field, JsonNode v) {
        if (v.isString()) return v.asString();
        if ((v.isNull() || v.isMissingNode()) && BESIDE_CONTENT.stream().anyMatch(m::hasNonNull)) {
            extras.put("content", None.NONE);
            return "";
        }
        if (!v.isArray()) throw unexpected(field, v, "a string");
        var text = new StringBuilder();
        for (JsonNode part : v) {
            if (!part.path("type").asString("").equals("text")
                    || !part.path("text").isString()) {
                throw new DataException(field + " has a part that is not text, expected parts of type text");
            }
            text.append(part.path("text").asString());
        }
        extras.put("content", plain(v));
        return text.toString();
    }
}
