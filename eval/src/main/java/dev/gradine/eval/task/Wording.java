package dev.gradine.eval.task;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import java.util.List;

/// How a document becomes a question with its answer.
///
/// @param description what stands before everything
/// @param text the question
/// @param target the answer: a text, or the number of a choice
/// @param choices the choices; none where the answer is a text
/// @param prefix what the answer begins with; may be empty
/// @param delimiters what stands between
public record Wording(
        Field description, Field text, Field target, List<Field> choices, Field prefix, Delimiters delimiters) {

    /// What stands between parts of a prompt.
    ///
    /// @param answer between a question and its answer
    /// @param shots between examples
    public record Delimiters(String answer, String shots) {}

    /// Copies the list.
    public Wording {
        choices = List.copyOf(choices);
    }

    /// The right answer as an example shows it; the first of several.
    String answer(Document doc) {
        Object first = target.targets(doc, !choices.isEmpty()).getFirst();
        if (choices.isEmpty() || !(first instanceof Number n)) return String.valueOf(first);
        return choices.getFirst().texts(doc).get(n.intValue());
    }
}
