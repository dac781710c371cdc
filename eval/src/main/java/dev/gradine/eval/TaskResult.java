package dev.gradine.eval;

import dev.gradine.eval.task.EvalTask;
import java.util.List;

/// What came out of a task.
///
/// @param task which
/// @param samples its items
/// @param scores its numbers
/// @param documents rows there were to ask; more than there are items where a limit was given
/// @param warnings what makes the numbers doubtful, one line each
public record TaskResult(
        EvalTask task, List<Sample> samples, List<Score> scores, int documents, List<String> warnings) {

    /// Copies the lists.
    public TaskResult {
        samples = List.copyOf(samples);
        scores = List.copyOf(scores);
        warnings = List.copyOf(warnings);
    }

    /// The number of a metric after a filter.
    ///
    /// @throws IllegalArgumentException if there is none
    public Score score(String metric, String filter) {
        return scores.stream()
                .filter(s -> s.metric().name().equals(metric) && s.filter().equals(filter))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "task %s: has no metric %s,%s".formatted(task.name(), metric, filter)));
    }
}
