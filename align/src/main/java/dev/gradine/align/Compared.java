package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.align.pair.Scores;
import dev.gradine.autograd.Var;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// The scores of a batch of pairs.
///
/// @param pairs whose answers they are
/// @param chosen score of each chosen answer, `f32[B]`, nats
/// @param rejected score of each rejected answer, `f32[B]`, nats
record Compared(Pairs pairs, Var chosen, Var rejected) implements Scores {

    /// Scores made of log-ratios of policy and reference.
    static Compared withReference(Pairs p, UnaryOperator<Var> score) {
        return new Compared(
                p, score.apply(p.chosen().logRatio()), score.apply(p.rejected().logRatio()));
    }

    /// Log-probabilities of the policy as scores.
    static Compared alone(Pairs p) {
        return new Compared(p, p.chosen().sums(), p.rejected().sums());
    }

    @Override
    public Var margin() {
        return sub(chosen, rejected);
    }

    @Override
    public Var marginPerToken() {
        return sub(
                div(chosen, pairs.chosen().counts()),
                div(rejected, pairs.rejected().counts()));
    }

    @Override
    public Var sortedPolicyMargins() {
        return sorted(sub(pairs.chosen().sums(), pairs.rejected().sums()));
    }

    @Override
    public Var sortedReferenceMargins() {
        return sorted(sub(pairs.chosen().reference(), pairs.rejected().reference()));
    }

    @Override
    public Var marginOfSorted() {
        return sub(sorted(chosen), sorted(rejected));
    }

    @Override
    public Var crossEntropy() {
        return pairs.crossEntropy(List.of(pairs.chosen()));
    }

    private static Var sorted(Var x) {
        float[] values = x.tape().kernels().download(x.value());
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        Var column = reshape(x, values.length, 1);
        return reshape(indexSelect(column, x.tape().kernels().ofInts(order)), values.length);
    }
}
