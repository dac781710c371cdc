package dev.gradine.align;

import dev.gradine.data.encode.Pair;

/// A batch of pairs of answers, B of them.
///
/// @param chosen the answers preferred
/// @param rejected the others, in the same order
/// @param more further sequences that a loss reads of its pairs; none of most
public record Pairs(Answers chosen, Answers rejected, Answers more) {

    static Pairs of(Scored<Pair> batch) {
        return new Pairs(batch.branch(0), batch.branch(1), batch.branch(2));
    }

    /// Number of pairs B.
    public int size() {
        return chosen.size();
    }
}
