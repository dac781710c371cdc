package dev.gradine.data.encode;

import java.util.List;
import java.util.Map;

/// Answers to one prompt, all of them or those of one micro-batch.
///
/// @param question the prompt
/// @param attempts the answers; none before they are sampled
/// @param facts numbers of all answers of the step, by metric, such as their mean reward
public record Group(Question question, List<Attempt> attempts, Map<String, Double> facts) {
    /// Copies the list.
    public Group {
        attempts = List.copyOf(attempts);
    }

    /// A prompt with the answers given for it.
    public static Group of(Question question, List<Attempt> given) {
        return new Group(question, given, Map.of());
    }

    /// The same prompt with other answers.
    public Group with(List<Attempt> others) {
        return new Group(question, others, facts);
    }
}
