package dev.gradine.eval.judge;

import dev.gradine.data.chat.Message;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// What a judge is asked.
///
/// @param kind what it is to say
/// @param system who it is; may be empty
/// @param user question and answers
/// @param talks the conversations whose last answers are judged: two of a pair, one to be rated
public record JudgePrompt(Kind kind, String system, String user, List<List<Message>> talks) {

    /// Copies the list.
    public JudgePrompt {
        talks = List.copyOf(talks);
    }

    /// What a judge says.
    public enum Kind {
        /// Which of two answers is better: `A`, `B`, or `C` for neither. The last `[[A]]`, `[[B]]` or
        /// `[[C]]` counts: a judge that reasons may quote the others before.
        PAIR("My final verdict is [["),
        /// How good an answer is, 1 to 10: the first `[[7]]`, else the first `[7]`, as in FastChat.
        RATING("Rating: [[");

        private static final Pattern LABEL = Pattern.compile("\\[\\[([ABC])]]");
        private static final Pattern RATED = Pattern.compile("\\[\\[(\\d+\\.?\\d*)]]");
        private static final Pattern RATED_ONCE = Pattern.compile("\\[(\\d+\\.?\\d*)]");

        private final String beginning;

        Kind(String beginning) {
            this.beginning = beginning;
        }

        /// How a verdict begins, for a judge that only has to end it.
        String beginning() {
            return beginning;
        }

        /// What it may say.
        List<String> labels() {
            if (this == PAIR) return List.of("A", "B", "C");
            return IntStream.rangeClosed(1, 10).mapToObj(String::valueOf).toList();
        }

        /// The label in a text; empty if there is none.
        public String read(String text) {
            String found = "";
            if (this == PAIR) {
                Matcher m = LABEL.matcher(text);
                while (m.find()) found = m.group(1);
                return found;
            }
            Matcher twice = RATED.matcher(text);
            if (twice.find()) return twice.group(1);
            Matcher once = RATED_ONCE.matcher(text);
            return once.find() ? once.group(1) : "";
        }
    }

    /// The same about these conversations.
    JudgePrompt of(List<List<Message>> others) {
        return new JudgePrompt(kind, system, user, others);
    }

    /// As a conversation.
    List<Message> messages() {
        Message asked = new Message("user", user);
        return system.isEmpty() ? List.of(asked) : List.of(new Message("system", system), asked);
    }
}
