package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.List;
import java.util.Map;

/// One example of a data set. All rows of a set are of one kind.
///
/// `variables` are what a row hands to the chat template besides its messages: `tools` and the entries of
/// `chat_template_kwargs`.
public sealed interface Row {

    /// What the row says that its text is; none of most rows.
    default List<Label> label() {
        return List.of();
    }

    /// Plain text, to be learnt whole or for what it is.
    ///
    /// @param label what it is; none of most rows
    record Text(String text, List<Label> label) implements Row {
        /// Copies the list.
        public Text {
            label = List.copyOf(label);
        }

        /// A text of which nothing is said.
        public Text(String text) {
            this(text, List.of());
        }
    }

    /// Two texts that are read together, such as a sentence and what may follow from it.
    ///
    /// @param label what they are to each other; none of most rows
    record TextPair(String text, String pair, List<Label> label) implements Row {
        /// Copies the list.
        public TextPair {
            label = List.copyOf(label);
        }
    }

    /// A conversation.
    record Chat(List<Message> messages, Map<String, Object> variables) implements Row {
        /// Copies the collections.
        public Chat {
            messages = List.copyOf(messages);
            variables = Map.copyOf(variables);
        }
    }

    /// A prompt and the answer to be learnt; both of one kind of [Passage].
    record Completion(Passage prompt, Passage completion, Map<String, Object> variables) implements Row {
        /// Copies the map.
        public Completion {
            variables = Map.copyOf(variables);
        }
    }

    /// A prompt with a better and a worse answer; all of one kind of [Passage].
    ///
    /// @param reference the best answer known; none of most rows
    /// @param margin by which the chosen answer is better, as far as anybody said; 0 if nobody did
    record Preference(
            Passage prompt,
            Passage chosen,
            Passage rejected,
            List<Passage> reference,
            double margin,
            Map<String, Object> variables)
            implements Row {
        /// Copies the collections.
        public Preference {
            reference = List.copyOf(reference);
            variables = Map.copyOf(variables);
        }

        /// Two answers of which nothing else is known.
        public Preference(Passage prompt, Passage chosen, Passage rejected, Map<String, Object> variables) {
            this(prompt, chosen, rejected, List.of(), 0, variables);
        }
    }

    /// A prompt and an answer that somebody judged; both of one kind of [Passage].
    record Judged(Passage prompt, Passage completion, boolean desirable, Map<String, Object> variables) implements Row {
        /// Copies the map.
        public Judged {
            variables = Map.copyOf(variables);
        }
    }

    /// A prompt to be answered by the model that learns, unless answers are given; all of one kind of [Passage].
    ///
    /// @param given answers that were sampled before, with what they are worth
    /// @param columns what else the row holds, for functions that judge answers
    record Prompt(Passage prompt, List<Rated> given, Map<String, Object> columns, Map<String, Object> variables)
            implements Row {
        /// Copies the collections.
        public Prompt {
            given = List.copyOf(given);
            columns = Map.copyOf(columns);
            variables = Map.copyOf(variables);
        }
    }

    /// A sampled answer.
    ///
    /// @param text of the answer
    /// @param reward what it is worth
    /// @param truncated whether it was cut before its end
    record Rated(String text, double reward, boolean truncated) {}

    /// Token ids, as another program made them, with the labels they are trained on; −100 marks a position without.
    final class Tokens implements Row {
        private final int[] ids;
        private final int[] labels;

        /// Copies both arrays, which have one length.
        public Tokens(int[] ids, int[] labels) {
            if (ids.length != labels.length) {
                throw new DataException(
                        "labels has " + labels.length + " entries, expected " + ids.length + " (as many as input_ids)");
            }
            this.ids = ids.clone();
            this.labels = labels.clone();
        }

        /// The token ids; a copy.
        public int[] ids() {
            return ids.clone();
        }

        /// The labels; a copy.
        public int[] labels() {
            return labels.clone();
        }
    }
}
