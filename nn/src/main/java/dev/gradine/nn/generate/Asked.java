package dev.gradine.nn.generate;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// A prompt and how many times it is to be continued.
///
/// Held as a class, since arrays have no place in records.
public final class Asked {

    private final int[] prompt;
    private final List<RandomGenerator> draws;
    private final IntPredicate onToken;

    private Asked(int[] prompt, List<RandomGenerator> draws, IntPredicate onToken) {
        this.prompt = prompt;
        this.draws = draws;
        this.onToken = onToken;
    }

    /// A prompt to be continued once with each of `draws`.
    public static Asked of(int[] prompt, List<? extends RandomGenerator> draws) {
        return new Asked(prompt.clone(), List.copyOf(draws), _ -> true);
    }

    /// A prompt to be continued once, telling `onToken` of each token as it comes; it returns false to stop.
    public static Asked telling(int[] prompt, RandomGenerator draw, IntPredicate onToken) {
        return new Asked(prompt.clone(), List.of(draw), onToken);
    }

    int[] prompt() {
        return prompt;
    }

    List<RandomGenerator> draws() {
        return draws;
    }

    IntPredicate onToken() {
        return onToken;
    }
}
