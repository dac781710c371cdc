package dev.gradine.serve.api;

import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.None;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.serve.http.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The messages of a chat, as the chat template takes them.
final class ChatMessages {

    private static final List<String> THOUGHTS = List.of("reasoning_content", "reasoning", "thinking");

    private final Fields m;
    private final Map<String, Object> extras = new LinkedHashMap<>();

    private ChatMessages(Fields m) {
        this.m = m;
    }

    static List<Message> read(Fields f) {
        List<?> all = f.list("messages");
        if (all.isEmpty()) throw ApiException.missing("messages", "at least one message");
        List<Message> out = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            out.add(new ChatMessages(f.within("messages[" + i + "]", all.get(i))).message());
        }
        return out;
    }

    private Message message() {
        String role = m.text("role");
        m.accept("refusal", "annotations", "audio");
        String content = content();
        for (String field : THOUGHTS) if (m.has(field)) extras.put(field, m.text(field));
        if (m.has("name")) extras.put("name", m.text("name"));
        return switch (role) {
            case "system", "developer" -> new Message("system", content, extras);
            case "user" -> new Message("user", content, extras);
            case "assistant" -> new Message("assistant", content, called(extras));
            case "tool" -> {
                if (m.has("tool_call_id")) extras.put("tool_call_id", m.text("tool_call_id"));
                yield new Message("tool", content, extras);
            }
            default -> throw m.wrong("role", role, "system, developer, user, assistant or tool");
        };
    }

    private String content() {
        Object content = m.value("content");
        if (content instanceof String s) return s;
        if (content == null && (m.has("tool_calls") || THOUGHTS.stream().anyMatch(m::has))) {
            extras.put("content", None.NONE);
            return "";
        }
        if (content == null) throw ApiException.missing(m.name("content"), "a string");
        if (!(content instanceof List<?> parts)) throw m.wrong("content", content, "a string or a list of parts");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) texts.add(part(m.within("content[" + i + "]", parts.get(i))));
        return String.join("\n", texts);
    }

    private static String part(Fields part) {
        String type = part.text("type");
        if (type.equals("text")) return part.text("text");
        String field = part.name("type");
        throw ApiException.unsupported(field, field + " is not served, expected text: the model reads nothing else");
    }

    /// With the calls of tools that the assistant made before.
    private Map<String, Object> called(Map<String, Object> all) {
        List<?> calls = m.list("tool_calls");
        if (calls.isEmpty()) return all;
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) out.add(call(m.within("tool_calls[" + i + "]", calls.get(i))));
        all.put("tool_calls", out);
        return all;
    }

    private static Object call(Fields call) {
        Map<String, Object> out = new LinkedHashMap<>();
        if (call.has("id")) out.put("id", call.text("id"));
        call.accept("type");
        out.put("type", "function");
        Fields f = call.object("function");
        Map<String, Object> named = new LinkedHashMap<>();
        named.put("name", f.text("name"));
        named.put("arguments", arguments(f, f.value("arguments")));
        out.put("function", named);
        return out;
    }

    /// Templates take what JSON says, not its text.
    private static Object arguments(Fields f, @Nullable Object arguments) {
        if (!(arguments instanceof String text)) return PlainValues.of(arguments == null ? Map.of() : arguments);
        try {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            return PlainValues.of(Json.parseObject("arguments", utf8));
        } catch (CheckpointException e) {
            throw f.wrong("arguments", text, "an object of JSON as text");
        }
    }
}
