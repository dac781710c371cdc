package dev.gradine.data;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/// The shapes of rows that are recognised, by their columns. The first whose columns are all there wins.
enum Format {
    TOKENS("input_ids"),
    PREFERENCE("prompt", "chosen", "rejected"),
    INSTRUCTION_PREFERENCE("instruction", "chosen", "rejected"),
    CONVERSATION_PREFERENCE("conversations", "chosen", "rejected"),
    IMPLICIT_PREFERENCE("chosen", "rejected"),
    MESSAGES("messages"),
    CONVERSATIONS("conversations"),
    JUDGED("prompt", "completion", "label"),
    COMPLETION("prompt", "completion"),
    INSTRUCTION("instruction", "output"),
    TEXT_PAIR("text", "text_pair"),
    SENTENCE_PAIR("sentence1", "sentence2"),
    PREMISE("premise", "hypothesis"),
    TEXT("text"),
    ATTEMPTS("prompt", "completions", "rewards"),
    PROMPT("prompt"),
    STRING;

    private static final Set<String> OF_PAIRS = Set.of("chosen", "rejected");

    private static final int LONGEST = 300; // characters of columns in a message

    private final String columns;

    Format(String... columns) {
        this.columns = String.join(" ", columns);
    }

    List<String> columns() {
        return columns.isEmpty() ? List.of() : List.of(columns.split(" ", -1));
    }

    private boolean isOf(Set<String> present) {
        if (this == PROMPT && !Collections.disjoint(present, OF_PAIRS)) return false; // half a pair is no prompt alone
        return !columns.isEmpty() && present.containsAll(columns());
    }

    /// Whether there is a format of a row with these columns.
    static boolean fits(Set<String> present) {
        return Arrays.stream(values()).anyMatch(f -> f.isOf(present));
    }

    /// The format of a row with these columns.
    ///
    /// @throws DataException if there is none
    static Format of(Set<String> present) {
        for (Format f : values()) if (f.isOf(present)) return f;
        throw new DataException("columns are [" + OneLine.of(String.join(", ", present), LONGEST)
                + "], expected messages, conversations, text, text + text_pair, prompt, prompt + completion, "
                + "instruction + output, chosen + rejected or input_ids");
    }
}
