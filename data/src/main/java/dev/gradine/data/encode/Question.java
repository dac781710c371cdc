package dev.gradine.data.encode;

import java.util.Map;

/// A prompt that answers are sampled for, and what is known of it.
///
/// Held as a class, since arrays have no place in records.
public final class Question {

    private final int[] prompt;
    private final String text;
    private final Map<String, Object> columns;
    private final boolean isChat;

    /// @param prompt tokens, up to where an answer begins
    /// @param text what is asked: plain text, or the last turn of a conversation
    /// @param columns what else its row holds
    /// @param isChat whether it is a conversation
    public Question(int[] prompt, String text, Map<String, Object> columns, boolean isChat) {
        this.prompt = prompt.clone();
        this.text = text;
        this.columns = Map.copyOf(columns);
        this.isChat = isChat;
    }

    /// Tokens, up to where an answer begins.
    public int[] prompt() {
        return prompt.clone();
    }

    /// What is asked: plain text, or the last turn of a conversation.
    public String text() {
        return text;
    }

    /// What else its row holds, by column.
    public Map<String, Object> columns() {
        return columns;
    }

    /// Whether it is a conversation, whose template marks the end of a turn.
    public boolean isChat() {
        return isChat;
    }
}
