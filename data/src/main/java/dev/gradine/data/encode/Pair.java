package dev.gradine.data.encode;

import java.util.ArrayList;
import java.util.List;

/// Two answers to one prompt, each behind it, and in triples a third.
///
/// @param chosen the answer preferred
/// @param rejected the other one
/// @param reference the best answer known; none of most rows
/// @param margin by which the chosen answer is better; 0 if nobody said
public record Pair(LabelledTokens chosen, LabelledTokens rejected, List<LabelledTokens> reference, double margin) {

    /// Copies the list.
    public Pair {
        reference = List.copyOf(reference);
    }

    /// Two answers.
    public Pair(LabelledTokens chosen, LabelledTokens rejected) {
        this(chosen, rejected, List.of(), 0);
    }

    /// All answers: chosen, rejected, reference.
    public List<LabelledTokens> all() {
        List<LabelledTokens> all = new ArrayList<>(List.of(chosen, rejected));
        all.addAll(reference);
        return all;
    }
}
