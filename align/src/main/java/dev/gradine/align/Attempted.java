package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SegmentSum.segmentSum;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/// The answers of a batch as the formulas of this family see them: S of them with M tokens in all.
///
/// Variables `f32[M]` have a value for each token, `f32[S]` one for each answer.
final class Attempted {

    private final Scored<Group> batch;
    private final List<Attempt> attempts; // in the order of the sequences

    private Attempted(Scored<Group> batch, List<Attempt> attempts) {
        this.batch = batch;
        this.attempts = attempts;
    }

    static Attempted of(Scored<Group> batch) {
        List<Attempt> all = new ArrayList<>();
        for (int b = 0; b < batch.packed().branches(); b++) {
            for (Group g : batch.examples())
                if (g.attempts().size() > b) all.add(g.attempts().get(b));
        }
        return new Attempted(batch, all);
    }

    /// Number of answers S.
    int size() {
        return attempts.size();
    }

    /// Number of tokens M.
    int tokens() {
        return batch.logProbs().count();
    }

    /// Tokens of answer `s` that are learnt.
    int tokens(int s) {
        return batch.offset(s + 1) - batch.offset(s);
    }

    /// Log-probabilities p under the policy, `f32[M]`, nats.
    Var logProbs() {
        return batch.logProbs().values();
    }

    /// Log-probabilities when the answers were sampled, `f32[M]`, nats; where they are not known the policy's own.
    Var old() {
        if (attempts.stream().allMatch(a -> a.old().length == 0)) return held(logProbs());
        return given(Attempt::old);
    }

    /// Log-probabilities under the reference, `f32[M]`, nats.
    Var reference() {
        return given(Attempt::reference);
    }

    private Var given(Function<Attempt, float[]> values) {
        float[] all = new float[tokens()];
        for (int s = 0; s < size(); s++) {
            if (tokens(s) == 0) continue; // left out
            System.arraycopy(values.apply(attempts.get(s)), 0, all, batch.offset(s), tokens(s));
        }
        return constant(all);
    }

    /// p less what it was when the answers were sampled, `f32[M]`, nats.
    Var logRatio() {
        return sub(logProbs(), old());
    }

    /// Sums over the tokens of each answer, `f32[M] → f32[S]`.
    Var sums(Var x) {
        return segmentSum(x, batch.logProbs().offsets());
    }

    /// Means over the tokens of each answer, `f32[M] → f32[S]`; 0 of one that is left out.
    Var means(Var x) {
        return mul(sums(x), ofAnswers(s -> 1.0 / Math.max(1, tokens(s))));
    }

    /// The value of each answer for all of its tokens, `f32[S] → f32[M]`.
    Var spread(Var x) {
        int[] of = new int[tokens()];
        for (int s = 0; s < size(); s++) Arrays.fill(of, batch.offset(s), batch.offset(s + 1), s);
        Var rows = indexSelect(reshape(x, size(), 1), batch.kernels().ofInts(of));
        return reshape(rows, of.length);
    }

    /// A number of each attempt, `f32[S]`.
    Var each(ToDoubleFunction<Attempt> f) {
        return ofAnswers(s -> f.applyAsDouble(attempts.get(s)));
    }

    /// A number of the attempt of each token, `f32[M]`.
    Var eachToken(ToDoubleFunction<Attempt> f) {
        float[] all = new float[tokens()];
        for (int s = 0; s < size(); s++) {
            float value = (float) f.applyAsDouble(attempts.get(s));
            Arrays.fill(all, batch.offset(s), batch.offset(s + 1), value);
        }
        return constant(all);
    }

    private Var ofAnswers(IntToDoubleFunction f) {
        float[] all = new float[size()];
        for (int s = 0; s < all.length; s++) all[s] = (float) f.applyAsDouble(s);
        return constant(all);
    }

    private Var constant(float[] x) {
        return logProbs().tape().constant(batch.kernels().of(Shape.of(x.length), x));
    }

    /// The value of `x` without its gradient.
    static Var held(Var x) {
        return x.tape().constant(x.value());
    }

    /// The advantage of answer `s`.
    double advantage(int s) {
        return attempts.get(s).advantage();
    }

    /// The values of `x` on the host.
    float[] values(Var x) {
        return batch.kernels().download(x.value());
    }

    /// Number of tokens before those of answer `s`.
    int offset(int s) {
        return batch.offset(s);
    }
}
