package dev.gradine.nn.generate;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// A prompt and how many times it is to be continued.
///
/// Held as a class, since arrays have no place in records.
public final class Asked {

    /// Who is told of tokens.
    @FunctionalInterface
    public interface OnToken {

        /// A token has been written.
        ///
        /// @param draw number of the text among those of the prompt
        /// @return whether another may follow
        boolean goesOn(int draw, int token);
    }

    private final int[] prompt;
    private final List<RandomGenerator> draws;
    private final OnToken onToken;

    private Asked(int[] prompt, List<RandomGenerator> draws, OnToken onToken) {
        this.prompt = prompt;
        this.draws = draws;
        this.onToken = onToken;
    }

    /// A prompt to be continued once with each of `draws`.
    public static Asked of(int[] prompt, List<? extends RandomGenerator> draws) {
        return telling(prompt, draws, (_, _) -> true);
    }

    /// A prompt to be continued once, telling `onToken` of each token as it comes; it returns false to stop.
    public static Asked telling(int[] prompt, RandomGenerator draw, IntPredicate onToken) {
        return telling(prompt, List.of(draw), (_, token) -> onToken.test(token));
    }

    /// A prompt to be continued once with each of `draws`, telling `onToken` of each token as it comes.
    public static Asked telling(int[] prompt, List<? extends RandomGenerator> draws, OnToken onToken) {
        return new Asked(prompt.clone(), List.copyOf(draws), onToken);
    }

    int[] prompt() {
        return prompt;
    }

    List<RandomGenerator> draws() {
        return draws;
    }

    OnToken onToken() {
        return onToken;
    }
}
