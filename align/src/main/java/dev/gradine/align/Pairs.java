package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Pair;
import java.util.List;

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

    /// Cross entropy of sequences, one or several of each pair: B values, `f32[B]`, nats, whose mean is the one over
    /// all their labelled tokens together.
    public Var crossEntropy(List<Answers> of) {
        int tokens = of.stream().mapToInt(Answers::tokens).sum();
        Var sum = of.getFirst().plainSums();
        for (Answers more : of.subList(1, of.size())) sum = add(sum, more.plainSums());
        return scale(sum, -(float) size() / tokens);
    }
}
