package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.List;

/// A prompt or an answer: plain text, or turns of a conversation for a chat template to render.
public sealed interface Passage {

    /// Plain text.
    record Text(String text) implements Passage {}

    /// Turns of a conversation; none for an empty prompt.
    record Turns(List<Message> messages) implements Passage {
        /// Copies the list.
        public Turns {
            messages = List.copyOf(messages);
        }
    }
}
