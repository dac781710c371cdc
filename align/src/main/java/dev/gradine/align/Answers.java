package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;

/// Some of the sequences of a batch, n of them with m labelled tokens in all: the chosen answers of pairs, say.
///
/// Variables are on the tape of the policy and have gradients; what is plain numbers is for metrics.
public final class Answers {

    private final Scored<?> batch;
    private final int from; // first sequence
    private final int to;

    Answers(Scored<?> batch, int from, int to) {
        this.batch = batch;
        this.from = from;
        this.to = to;
    }

    /// Number of sequences n.
    public int size() {
        return to - from;
    }

    /// Sequence `i` alone.
    public Answers at(int i) {
        return new Answers(batch, from + i, from + i + 1);
    }

    /// Number of labelled tokens m.
    public int tokens() {
        return batch.offset(to) - batch.offset(from);
    }

    /// Number of labelled tokens of sequence `i`.
    public int tokens(int i) {
        return batch.offset(from + i + 1) - batch.offset(from + i);
    }

    /// Log-probability of each labelled token, `f32[m]`, nats.
    public Var logProbs() {
        Var all = batch.logProbs().values();
        if (tokens() == all.value().size()) return all;
        return sliceRows(all, batch.offset(from), batch.offset(to));
    }

    /// Log-probability of each sequence: the sum over its labelled tokens, each with its weight, `f32[n]`, nats.
    public Var sums() {
        return sliceRows(batch.sums(), from, to);
    }

    /// The same, each token counted whole.
    Var plainSums() {
        return sliceRows(batch.plainSums(), from, to);
    }

    /// Mean log-probability of the labelled tokens of each sequence, `f32[n]`, nats per token.
    public Var means() {
        return div(sums(), counts());
    }

    /// Number of labelled tokens of each sequence, `f32[n]`.
    public Var counts() {
        float[] counts = new float[size()];
        for (int i = 0; i < counts.length; i++) counts[i] = tokens(i);
        return batch.sums().tape().constant(batch.kernels().of(Shape.of(counts.length), counts));
    }

    /// Log-probability of each sequence under the reference, `f32[n]`, nats; it has no gradient.
    ///
    /// @throws IllegalStateException if there is no reference
    public Var reference() {
        return batch.sums().tape().constant(batch.referenceSums().rows(from, to));
    }

    /// Log-probability of each labelled token under the reference, `f32[m]`, nats; it has no gradient.
    ///
    /// @throws IllegalStateException if there is no reference
    public Var referenceLogProbs() {
        return batch.sums().tape().constant(batch.reference().rows(batch.offset(from), batch.offset(to)));
    }

    /// How much likelier the policy makes each sequence than the reference does, `p − r`, `f32[n]`, nats.
    ///
    /// @throws IllegalStateException if there is no reference
    public Var logRatio() {
        return sub(sums(), reference());
    }

    /// Log-probability of sequence `i`, nats.
    public double sum(int i) {
        return batch.sum(from + i);
    }

    /// Mean log-probability of the labelled tokens of sequence `i`, nats per token.
    public double mean(int i) {
        return sum(i) / tokens(i);
    }

    /// `p − r` of sequence `i`, nats.
    ///
    /// @throws IllegalStateException if there is no reference
    public double logRatio(int i) {
        return sum(i) - batch.reference(from + i);
    }

    /// How likely the policy is to give the tokens of sequence `i`, against how likely two of its draws agree, a mean
    /// over tokens: `mean of log p_t − log Σ_v p(v)²`, nats.
    public double onPolicy(int i) {
        double s = 0;
        for (int t = batch.offset(from + i); t < batch.offset(from + i + 1); t++) {
            s += batch.tokenLogProbs()[t] - batch.collisions()[t];
        }
        return s / tokens(i);
    }

    /// Entropy of the policy's predictions, summed over all labelled tokens, nats.
    public double entropy() {
        return sum(batch.entropies());
    }

    /// Mean logit over the vocabulary, summed over all labelled tokens.
    public double meanLogits() {
        return sum(batch.meanLogits());
    }

    /// Log-probability of all labelled tokens together, nats.
    public double logProb() {
        return sum(batch.tokenLogProbs());
    }

    /// Labelled tokens that are the likeliest of the whole vocabulary.
    public int guessed() {
        int count = 0;
        for (int t = batch.offset(from); t < batch.offset(to); t++) if (batch.isGuessed(t)) count++;
        return count;
    }

    private double sum(float[] x) {
        double s = 0;
        for (int t = batch.offset(from); t < batch.offset(to); t++) s += x[t];
        return s;
    }
}
