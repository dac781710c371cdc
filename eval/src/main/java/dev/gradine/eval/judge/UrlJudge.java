package dev.gradine.eval.judge;

import dev.gradine.data.chat.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// A judge behind a URL. A verdict that cannot be read is asked for once more, as the label alone; then
/// there is none.
///
/// @param endpoint where it is
/// @param cache of what it has said
public record UrlJudge(ChatEndpoint endpoint, JudgeCache cache) implements AnswerJudge {

    private static final int TOGETHER = 8; // questions under way: most of the time of one is waiting

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

    @Override
    public List<JudgeVerdict> verdicts(List<JudgePrompt> prompts) {
        List<Callable<JudgeVerdict>> questions = new ArrayList<>();
        for (JudgePrompt p : prompts) questions.add(() -> verdictOrWhy(p));
        List<JudgeVerdict> all = new ArrayList<>();
        try (ExecutorService asking =
                Executors.newFixedThreadPool(TOGETHER, Thread.ofVirtual().factory())) {
            for (Future<JudgeVerdict> one : asking.invokeAll(questions)) all.add(one.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JudgeException("judge %s: interrupted".formatted(endpoint.name()), false);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalStateException("judge " + endpoint.name(), e.getCause());
        }
        return all;
    }
}
