package dev.gradine.eval.task;

import dev.gradine.data.chat.Message;
import dev.gradine.eval.document.Document;
import dev.gradine.eval.model.LanguageModel;
import java.util.ArrayList;
import java.util.List;

/// Makes the prompt of a document.
///
/// ```
/// description + examples + question          example = question + " " + answer + "\n\n"
/// ```
///
/// As a conversation all of it is one message of the user, behind a system message; or each example is
/// two turns. What the answer begins with becomes the beginning of the assistant's turn.
/// lm-evaluation-harness, `ConfigurableTask.fewshot_context`.
///
/// @param wording of the task
/// @param style how prompts are put together
public record Prompts(Wording wording, Style style) {

    /// How prompts are put together.
    ///
    /// @param chat whether the model's chat template is applied
    /// @param turns whether each example is two turns of the conversation
    /// @param system what the system message says; may be empty
    public record Style(boolean chat, boolean turns, String system) {

        /// Plain text.
        public static Style plain() {
            return new Style(false, false, "");
        }

        /// @throws IllegalArgumentException if turns are wanted and there is no conversation
        public Style {
            if (turns && !chat) {
                throw new IllegalArgumentException("--fewshot-as-multiturn is given without --apply-chat-template: a"
                        + " plain text has no turns");
            }
        }
    }

    /// A message, and what follows it in plain text.
    private record Part(String role, String content, String after) {
        String plain() {
            return content + after;
        }
    }

    /// The prompt of a document behind its examples.
    public String of(Document doc, List<Document> shots, LanguageModel model) {
        List<Part> parts = new ArrayList<>();
        for (Document shot : shots) parts.addAll(example(shot));
        parts.addAll(question(doc));
        String system = joined(
                style.system(),
                wording.description().text(doc),
                wording.delimiters().shots());
        if (!style.chat()) return system + joined(parts);
        List<Message> messages = new ArrayList<>();
        if (!system.isEmpty()) messages.add(new Message("system", system));
        messages.addAll(style.turns() ? turns(parts) : oneTurn(parts));
        return model.chat(messages, !messages.getLast().isAssistant());
    }

    /// What stands between the prompt and a choice.
    public String delimiter(Document doc) {
        String delimiter = wording.delimiters().answer();
        if (!style.chat()) return delimiter;
        String prefix = wording.prefix().text(doc);
        return prefix.isEmpty() || endsInSpace(prefix) ? "" : delimiter;
    }

    private List<Part> example(Document shot) {
        Wording.Delimiters between = wording.delimiters();
        String prefix = wording.prefix().text(shot);
        String question = wording.text().text(shot);
        String answer = joined(prefix, wording.answer(shot), " ");
        boolean apart = prefix.isEmpty() || apart(question, prefix);
        return List.of(
                new Part("user", question, apart ? between.answer() : ""),
                new Part("assistant", answer, between.shots()));
    }

    private List<Part> question(Document doc) {
        String prefix = wording.prefix().text(doc);
        String question = wording.text().text(doc);
        if (prefix.isEmpty()) return List.of(new Part("user", question, ""));
        String after = apart(question, prefix) ? wording.delimiters().answer() : "";
        return List.of(new Part("user", question, after), new Part("assistant", prefix, ""));
    }

    private static List<Message> turns(List<Part> parts) {
        return parts.stream().map(p -> new Message(p.role(), p.content())).toList();
    }

    /// All of it as one message of the user; what the answer begins with stays the assistant's.
    private static List<Message> oneTurn(List<Part> parts) {
        Part last = parts.getLast();
        boolean begun = last.role().equals("assistant");
        List<Part> asked = begun ? parts.subList(0, parts.size() - 1) : parts;
        String text =
                joined(asked.subList(0, asked.size() - 1)) + asked.getLast().content();
        Message user = new Message("user", text);
        return begun ? List.of(user, new Message("assistant", last.content())) : List.of(user);
    }

    private static String joined(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        for (Part p : parts) text.append(p.plain());
        return text.toString();
    }

    /// Two texts with a delimiter between, unless one is empty or there is white space already.
    private static String joined(String first, String second, String delimiter) {
        if (first.isEmpty() || second.isEmpty()) return first + second;
        return apart(first, second) ? first + delimiter + second : first + second;
    }

    private static boolean apart(String first, String second) {
        return !first.isEmpty() && !endsInSpace(first) && !Character.isWhitespace(second.codePointAt(0));
    }

    private static boolean endsInSpace(String text) {
        return !text.isEmpty() && Character.isWhitespace(text.codePointBefore(text.length()));
    }
}
