package dev.gradine.train.reward;

import dev.gradine.data.encode.Question;

/// An answer to be judged.
///
/// @param question what was asked, with the columns of its row
/// @param text of the answer, without the mark of its end
/// @param tokens of the answer
/// @param ended whether it came to its end; otherwise it was cut
public record Answered(Question question, String text, int tokens, boolean ended) {

    /// The text of a column of the row.
    ///
    /// @throws IllegalArgumentException if the row has none of that name
    public String column(String name) {
        Object value = question.columns().get(name);
        if (value == null) {
            throw new IllegalArgumentException("reward: a row has no column %s, expected one (it has %s)"
                    .formatted(
                            name, question.columns().keySet().stream().sorted().toList()));
        }
        return value.toString();
    }
}
