package dev.gradine.data.encode;

import dev.gradine.data.Passage;
import java.util.Map;

/// A prompt that answers are sampled for, and what is known of it.
///
/// Held as a class, since arrays have no place in records.
public final class Question {

    private final int[] prompt;
    private final Passage asked;
    private final Map<String, Object> variables;
    private final Map<String, Object> columns;

    /// @param prompt tokens, up to where an answer begins
    /// @param asked what they were made of
    /// @param variables of the chat template
    /// @param columns what else its row holds
    public Question(int[] prompt, Passage asked, Map<String, Object> variables, Map<String, Object> columns) {
        this.prompt = prompt.clone();
        this.asked = asked;
        this.variables = Map.copyOf(variables);
        this.columns = Map.copyOf(columns);
    }

    /// A prompt of which the tokens are all that is known.
    public static Question of(int[] prompt) {
        return new Question(prompt, new Passage.Text(""), Map.of(), Map.of());
    }

    /// Tokens, up to where an answer begins.
    public int[] prompt() {
        return prompt.clone();
    }

    /// What they were made of.
    public Passage asked() {
        return asked;
    }

    /// Variables of the chat template.
    public Map<String, Object> variables() {
        return variables;
    }

    /// What is asked: plain text, or the last turn of a conversation.
    public String text() {
        return switch (asked) {
            case Passage.Text t -> t.text();
            case Passage.Turns t when t.messages().isEmpty() -> "";
            case Passage.Turns t -> t.messages().getLast().content();
        };
    }

    /// What else its row holds, by column.
    public Map<String, Object> columns() {
        return columns;
    }

    /// Whether it is a conversation, whose template marks the end of a turn.
    public boolean isChat() {
        return asked instanceof Passage.Turns;
    }
}
