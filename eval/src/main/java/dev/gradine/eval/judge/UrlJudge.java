package dev.gradine.eval.judge;

import dev.gradine.data.chat.Message;
import java.util.ArrayList;
import java.util.List;

/// A judge behind a URL. A verdict that cannot be read is asked for once more, as the label alone; then
/// there is none.
///
/// @param endpoint where it is
/// @param cache of what it has said
public record UrlJudge(ChatEndpoint endpoint, JudgeCache cache) implements AnswerJudge {

    @Override
    public JudgeVerdict verdict(JudgePrompt prompt) {
        List<Message> messages = new ArrayList<>(prompt.messages());
        String said = ask(messages);
        String label = prompt.kind().read(said);
        if (!label.isEmpty()) return new JudgeVerdict(label, said);
        messages.add(new Message("assistant", said));
        messages.add(new Message(
                "user",
                "Answer with the label alone, in this form: [[%s]]"
                        .formatted(String.join("]] or [[", prompt.kind().labels()))));
        return new JudgeVerdict(prompt.kind().read(ask(messages)), said);
    }

    private String ask(List<Message> messages) {
        return cache.get(endpoint.name() + "\n" + messages, () -> endpoint.ask(messages));
    }
}
