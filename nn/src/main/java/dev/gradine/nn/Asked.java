package dev.gradine.nn;

import java.util.List;
import java.util.random.RandomGenerator;

/// A prompt and how many times it is to be continued.
///
/// Held as a class, since arrays have no place in records.
public final class Asked {

    private final int[] prompt;
    private final List<RandomGenerator> draws;

    private Asked(int[] prompt, List<RandomGenerator> draws) {
        this.prompt = prompt;
        this.draws = draws;
    }

    /// A prompt to be continued once with each of `draws`.
    public static Asked of(int[] prompt, List<? extends RandomGenerator> draws) {
        return new Asked(prompt.clone(), List.copyOf(draws));
    }

    int[] prompt() {
        return prompt;
    }

    List<RandomGenerator> draws() {
        return draws;
    }
}
