package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.List;
import java.util.Map;

/// Rows whose prompt is text and whose answers are lists of messages.
///
/// Where the answers are whole conversations, the prompt is what they begin with and the text says the same again; TRL
/// takes it that way. Where they begin with the assistant, the text is what the user said before.
final class Mixed {
    private Mixed() {}

    static Row.Completion completion(Passage.Text prompt, Passage.Turns answer, Map<String, Object> variables) {
        List<Message> turns = answer.messages();
        int n = 0;
        while (n < turns.size() && !turns.get(n).isAssistant()) n++;
        if (n == turns.size()) {
            throw new DataException("field completion has no assistant turn, expected one (as field prompt is text)");
        }
        Passage before = n == 0 ? user(prompt) : new Passage.Turns(turns.subList(0, n));
        return new Row.Completion(before, new Passage.Turns(turns.subList(n, turns.size())), variables);
    }

    static Row preference(Passage.Text prompt, Passage chosen, Passage rejected, Map<String, Object> variables) {
        if (!beginsWithAssistant(chosen)) return ImplicitPrompt.split(chosen, rejected, variables);
        return new Row.Preference(user(prompt), chosen, rejected, variables);
    }

    private static Passage user(Passage.Text prompt) {
        return new Passage.Turns(List.of(new Message("user", prompt.text())));
    }

    private static boolean beginsWithAssistant(Passage p) {
        return p instanceof Passage.Turns t && t.messages().getFirst().isAssistant();
    }
}
