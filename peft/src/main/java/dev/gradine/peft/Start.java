package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// What a fresh adapter is made with.
///
/// @param run lifetime of what is trained
/// @param rng where random values come from
/// @param number of this adapter in its model, so that no two draw the same masks
/// @param tokenizer tokens of a text, for adapters that begin as one
public record Start(Kernels run, RandomGenerator rng, int number, Function<String, int[]> tokenizer) {

    /// Stands for a tokenizer where there is none, and says so when it is asked.
    static final Function<String, int[]> NO_TOKENIZER = text -> {
        throw new AdapterException("text: \"%s\" cannot be split into tokens, expected a tokenizer".formatted(text));
    };
}
