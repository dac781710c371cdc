package dev.gradine.data.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/// One turn of a conversation.
///
/// @param role `system`, `user`, `assistant`, `tool` or what the template knows
/// @param content the text; empty where an assistant only calls tools
/// @param extras further fields the template may read, such as `tool_calls`; they win over `role` and `content`
public record Message(String role, String content, Map<String, Object> extras) {
    /// Copies the extras.
    public Message {
        extras = Map.copyOf(extras);
    }

    /// A turn with nothing but text.
    public Message(String role, String content) {
        this(role, content, Map.of());
    }

    /// Whether the model is to learn to write this turn.
    public boolean isAssistant() {
        return role.equals("assistant");
    }

    /// The fields as a template sees them.
    Map<String, Object> fields() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("role", role);
        out.put("content", content);
        out.putAll(extras);
        return out;
    }
}
