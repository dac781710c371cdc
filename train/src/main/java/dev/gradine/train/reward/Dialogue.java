package dev.gradine.train.reward;

import dev.gradine.data.Passage;
import dev.gradine.data.chat.Message;
import java.util.ArrayList;
import java.util.List;

/// A prompt and its answer as turns: what was asked, and what was answered to each.
///
/// @param asked by the user; a system message stands before the first of them
/// @param said as often, the answer last
record Dialogue(List<String> asked, List<String> said) {

    private static final String PARAGRAPH = "\n\n";

    Dialogue {
        asked = List.copyOf(asked);
        said = List.copyOf(said);
    }

    /// @throws IllegalArgumentException if somebody else speaks, or not in turn
    static Dialogue of(Passage prompt, String answer) {
        List<String> asked = new ArrayList<>();
        List<String> said = new ArrayList<>();
        switch (prompt) {
            case Passage.Text t -> asked.add(t.text());
            case Passage.Turns t -> t.messages().forEach(m -> add(m, asked, said));
        }
        if (asked.size() != said.size() + 1) {
            throw new IllegalArgumentException("reward judge: a prompt of %d messages of the user and %d of the"
                            .formatted(asked.size(), said.size())
                    + " assistant, expected them in turn and the user's last");
        }
        said.add(answer);
        return new Dialogue(asked, said);
    }

    private static void add(Message m, List<String> asked, List<String> said) {
        boolean goesOn = asked.size() > said.size();
        switch (m.role()) {
            case "assistant" -> said.add(m.content());
            case "system", "user" -> {
                if (goesOn) asked.set(asked.size() - 1, asked.getLast() + PARAGRAPH + m.content());
                else asked.add(m.content());
            }
            default ->
                throw new IllegalArgumentException(
                        "reward judge: a prompt has a message of %s, expected system, user and assistant"
                                .formatted(m.role()));
        }
    }
}
