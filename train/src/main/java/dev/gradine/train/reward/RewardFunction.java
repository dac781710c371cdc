package dev.gradine.train.reward;

import java.util.List;

/// Says what an answer is worth.
///
/// A class of a user's own that implements this, with a public constructor that takes the argument as a `String`, or
/// none, is named by its full name: `--reward com.example.Rhymes:4`.
@FunctionalInterface
public interface RewardFunction extends AutoCloseable {

    /// What one answer is worth; NaN where nothing can be said.
    double of(Answered answer);

    /// What each of many is worth, for functions that are faster together.
    default double[] all(List<Answered> answers) {
        return answers.stream().mapToDouble(this::of).toArray();
    }

    /// Gives back what it holds.
    @Override
    default void close() {}
}
