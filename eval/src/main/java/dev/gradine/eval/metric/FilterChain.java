package dev.gradine.eval.metric;

import java.util.List;

/// Filters one after the other: an entry of a task's `filter_list`.
///
/// @param name stands beside the metric in the results
/// @param steps in their order
public record FilterChain(String name, List<AnswerFilter> steps) {

    /// Copies the list.
    public FilterChain {
        steps = List.copyOf(steps);
    }

    /// The answer as it is.
    public static FilterChain none() {
        return new FilterChain(Question.NO_FILTER, List.of());
    }

    /// What is graded of an answer.
    String apply(String answer) {
        String kept = answer;
        for (AnswerFilter step : steps) kept = step.apply(kept);
        return kept;
    }
}
