package dev.gradine.eval.task;

import dev.gradine.eval.document.TaskData;
import dev.gradine.eval.metric.Question;

/// A task: documents, how a prompt is made of each, and how answers are graded.
///
/// @param name its name
/// @param version numbers of one version may be compared; as the file writes it
/// @param data where its documents are
/// @param wording how a prompt is made
/// @param shots examples in front of a question
/// @param question what is asked and how it is graded
public record EvalTask(String name, Object version, TaskData data, Wording wording, ShotRule shots, Question question) {

    /// The same with another number of examples.
    ///
    /// @throws IllegalArgumentException if it has none to show, or its question is a whole text
    public EvalTask withShots(int count) {
        return new EvalTask(name, version, data, wording, shots.with(name, count), question);
    }
}
