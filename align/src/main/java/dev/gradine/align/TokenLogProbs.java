package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LinearLogProb.linearLogProb;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.SegmentSum.segmentSum;
import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Log-probabilities of the labelled tokens of a batch, M of them, sequence after sequence.
///
/// ```
/// logp_t = log softmax(logits_{t−1} / T)[id_t]        T is 1 unless a temperature is given
/// ```
///
/// Only rows that predict a labelled token reach the head: a prompt costs no logits.
///
/// @param values `f32[M]`, nats
/// @param offsets `i32[S+1]`, where each sequence begins among the M
/// @param stats entropy, argmax and mean logit of each of the M rows
/// @param targets the M labelled tokens
/// @param weights `f32[M]`, of each token in the sum of its sequence; null for 1 each
public record TokenLogProbs(
        Var values,
        Tensor offsets,
        Stats stats,
        Tensor targets,
        @Nullable Tensor weights) {

    /// Runs the model over whole sequences that have nothing to do with each other.
    ///
    /// @throws IllegalArgumentException if no token of the batch carries loss
    public static TokenLogProbs of(Tape tape, Policy policy, List<LabelledTokens> batch) {
        return of(tape, policy, Packed.apart(batch));
    }

    /// Runs the model over sequences laid out together, in evaluation.
    ///
    /// @throws IllegalArgumentException if no token of the batch carries loss
    public static TokenLogProbs of(Tape tape, Policy policy, Packed packed) {
        Pass pass = policy.pass(tape, packed.tokens());
        return of(policy.model(), pass, policy.model().hidden(pass), packed);
    }

    /// Of the sequences of `packed`, in its order.
    ///
    /// @param pass over `packed.tokens()`
    /// @param hidden what the model made of them, `f32[N,C]`; given back where the tape allows it
    /// @throws IllegalArgumentException if no token of the batch carries loss
    public static TokenLogProbs of(CausalLm model, Pass pass, Var hidden, Packed packed) {
        return of(model, pass, hidden, packed, Reading.PLAIN);
    }

    /// The same, with a temperature and a smoothing.
    public static TokenLogProbs of(CausalLm model, Pass pass, Var hidden, Packed packed, Reading reading) {
        HeadOf head = new HeadOf(model.head(), pass, reading);
        TokenLogProbs all = of(head, hidden, packed);
        hidden.release();
        return all;
    }

    /// The head in one pass.
    private record HeadOf(Head head, Pass pass, Reading reading) {

        Var logProbs(Var h, Tensor targets, Stats stats) {
            Linear layer = head.linear();
            boolean plain =
                    head.isPlain() && !layer.hasBias() && !pass.adapters().touches(layer);
            float smoothing = reading.smoothing();
            if (plain) return linearLogProb(divided(h), layer.weight(h, pass), targets, stats, smoothing);
            return logProb(
                    divided(head.logits(h, pass)), targets, stats, smoothing); // no single weight gives the logits
        }

        private Var divided(Var x) {
            return reading.temperature() == 1 ? x : scale(x, 1 / reading.temperature());
        }
    }

    /// Of any rows of a pass: row `rows[i]` predicts the token `targets[i]`, and there is one sequence.
    ///
    /// @param pass over the rows
    /// @param hidden what the model made of them, `f32[N,C]`; given back where the tape allows it
    public static TokenLogProbs of(CausalLm model, Pass pass, Var hidden, List<Integer> rows, List<Integer> targets) {
        TokenLogProbs all =
                of(new HeadOf(model.head(), pass, Reading.PLAIN), hidden, rows, targets, new int[] {0, rows.size()});
        hidden.release();
        return all;
    }

    /// Scores in the place of log-probabilities, one a sequence: the sum of its outputs, of which a
    /// reward model has one.
    ///
    /// @param outputs `f32[S,L]`
    static TokenLogProbs scores(Var outputs) {
        Kernels k = outputs.tape().kernels();
        int n = outputs.shape().rows();
        Tensor none = k.zeros(Shape.of(n));
        Tensor ids = k.ofInts(new int[n]);
        Tensor offsets = k.ofInts(IntStream.rangeClosed(0, n).toArray());
        return new TokenLogProbs(sumLast(outputs), offsets, new Stats(none, ids, none), ids, null);
    }

    private static TokenLogProbs of(HeadOf head, Var hidden, Packed packed) {
        List<LabelledTokens> batch = packed.sequences();
        List<Integer> rows = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        int[] offsets = new int[batch.size() + 1];
        for (int s = 0; s < batch.size(); s++) {
            LabelledTokens l = batch.get(s);
            for (int t = 1; t < l.tokens(); t++) {
                if (l.label(t) == LabelledTokens.IGNORED) continue;
                rows.add(packed.row(s, t - 1));
                targets.add(l.label(t));
            }
            offsets[s + 1] = rows.size();
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("log_probs: no token of the batch carries loss, expected at least one");
        }
        TokenLogProbs all = of(head, hidden, rows, targets, offsets);
        @Nullable Tensor weights = weights(hidden.tape().kernels(), batch);
        return new TokenLogProbs(all.values, all.offsets, all.stats, all.targets, weights);
    }

    private static TokenLogProbs of(HeadOf head, Var hidden, List<Integer> rows, List<Integer> targets, int[] offsets) {
        Kernels k = hidden.tape().kernels();
        Tensor ids = k.ofInts(toArray(targets));
        Stats stats = stats(k, rows.size(), head.reading().agreement());
        Var h = indexSelect(hidden, k.ofInts(toArray(rows)));
        Var values = head.logProbs(h, ids, stats);
        h.release();
        return new TokenLogProbs(values, k.ofInts(offsets), stats, ids, null);
    }

    /// Weights of the labelled tokens of sequences, one after the other; null if all are 1.
    static @Nullable Tensor weights(Kernels k, List<LabelledTokens> sequences) {
        if (sequences.stream().noneMatch(LabelledTokens::fades)) return null;
        List<Float> all = new ArrayList<>();
        for (LabelledTokens l : sequences) for (int i = 0; i < l.predicted(); i++) all.add(l.weight(i));
        float[] flat = new float[all.size()];
        for (int i = 0; i < flat.length; i++) flat[i] = all.get(i);
        return k.of(Shape.of(flat.length), flat);
    }

    private static Stats stats(Kernels k, int m, boolean agreement) {
        Shape n = Shape.of(m);
        return new Stats(k.empty(n), k.empty(DType.I32, n), k.empty(n), agreement ? k.empty(n) : null);
    }

    private static int[] toArray(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /// Log-probabilities of whole sequences, `f32[S]`, nats: the sums over their labelled tokens, each with its weight.
    public Var sums() {
        return sums(values);
    }

    /// Other values of the same tokens, summed in the same way.
    Var sums(Var perToken) {
        if (weights == null) return segmentSum(perToken, offsets);
        return segmentSum(mul(perToken, perToken.tape().constant(weights)), offsets);
    }

    /// The same, each token counted whole.
    Var plainSums() {
        return segmentSum(values, offsets);
    }

    /// Number of labelled tokens M.
    public int count() {
        return values.value().size();
    }
}
