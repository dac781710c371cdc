package dev.gradine.data.chat;

import dev.gradine.data.jinja.None;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One turn of a conversation.
///
/// @param role `system`, `user`, `assistant`, `tool` or what the template knows
/// @param content the text; empty where an assistant only calls tools
/// @param extras further fields the template may read, such as `tool_calls`, in order; they win over `role` and
///     `content`; [None] for a field that is null
public record Message(String role, String content, Map<String, Object> extras) {
    private static final List<String> REASONING = List.of("reasoning", "thinking");

    /// Copies the extras.
    public Message {
        extras = Collections.unmodifiableMap(new LinkedHashMap<>(extras));
    }

    /// A turn with nothing but text.
    public Message(String role, String content) {
        this(role, content, Map.of());
    }

    /// Whether the model is to learn to write this turn.
    public boolean isAssistant() {
        return role.equals("assistant");
    }

    /// The fields as a template sees them, after transformers: a field that is null is absent, in the message and in
    /// its tool calls. (An argument of a call may be null, since arguments are data.) `reasoning` or `thinking` is
    /// there as `reasoning_content` too, unless the message has that field itself.
    Map<String, Object> fields() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("role", role);
        out.put("content", content);
        out.putAll(extras);
        out.values().removeIf(v -> v == None.NONE);
        for (String alias : REASONING) {
            Object thought = out.get(alias);
            if (thought != null) out.putIfAbsent("reasoning_content", thought);
        }
        Object calls = out.get("tool_calls");
        if (calls != null) out.put("tool_calls", calls instanceof List<?> list ? calls(list) : calls);
        return out;
    }

    private static List<Object> calls(List<?> calls) {
        List<Object> out = new ArrayList<>();
        for (Object call : calls) {
            if (call instanceof Map<?, ?> fields) {
                Map<Object, Object> kept = present(fields);
                if (kept.get("function") instanceof Map<?, ?> function) kept.put("function", present(function));
                out.add(kept);
            } else {
                out.add(call);
            }
        }
        return out;
    }

    private static Map<Object, Object> present(Map<?, ?> fields) {
        Map<Object, Object> out = new LinkedHashMap<>(fields);
        out.values().removeIf(v -> v == None.NONE);
        return out;
    }
}
