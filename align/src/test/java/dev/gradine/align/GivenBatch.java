package dev.gradine.align;

import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import dev.gradine.testkit.Cases;
import java.util.Arrays;
import java.util.List;

/// A batch whose log-probabilities are given instead of computed by a model.
final class GivenBatch<E> {

    private final Recipe<E> recipe;
    private final List<E> examples;
    private final Packed packed;

    GivenBatch(Recipe<E> recipe, List<E> examples) {
        this.recipe = recipe;
        this.examples = examples;
        packed = Packed.of(examples.stream().map(recipe::sequences).toList(), true);
    }

    /// What a loss sees of a batch, in double.
    ///
    /// @param tokens log-probabilities of the labelled tokens, by branch, example and token
    /// @param references the same under the reference; empty without one
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Seen(double[][][] tokens, double[][][] references) {

        /// p of a sequence.
        double sum(int branch, int example) {
            return Arrays.stream(tokens[branch][example]).sum();
        }

        /// r of a sequence.
        double reference(int branch, int example) {
            return Arrays.stream(references[branch][example]).sum();
        }

        /// p − r of a sequence.
        double ratio(int branch, int example) {
            return sum(branch, example) - reference(branch, example);
        }

        /// p per token.
        double mean(int branch, int example) {
            return sum(branch, example) / tokens[branch][example].length;
        }
    }

    Packed packed() {
        return packed;
    }

    /// Number of labelled tokens before those of sequence `sequence`.
    int offset(int sequence) {
        return packed.sequences().subList(0, sequence).stream()
                .mapToInt(LabelledTokens::predicted)
                .sum();
    }

    /// Log-probabilities between −2 and 0.
    float[] logProbs(long seed) {
        float[] x = Cases.plain(seed, offset(packed.sequences().size()), 1);
        for (int i = 0; i < x.length; i++) x[i] -= 1.01f;
        return x;
    }

    /// A reference not far from such.
    float[] reference(long seed) {
        if (recipe.reference() != ReferenceUse.IN_LOSS) return new float[0];
        float[] r = Cases.plain(seed, offset(packed.sequences().size()), 0.5f);
        for (int t = 0; t < r.length; t++) r[t] -= 1;
        return r;
    }

    Seen seen(double[] logProbs, float[] reference) {
        return new Seen(parted(logProbs), parted(Cases.doubles(reference)));
    }

    /// Values of the labelled tokens by branch, example and token; of no values, of none.
    private double[][][] parted(double[] values) {
        double[][][] all = new double[packed.branches()][][];
        for (int b = 0; b < all.length; b++) {
            all[b] = new double[packed.firstOf(b + 1) - packed.firstOf(b)][];
            for (int i = 0; i < all[b].length; i++) {
                int s = packed.firstOf(b) + i;
                all[b][i] = values.length == 0 ? values : Arrays.copyOfRange(values, offset(s), offset(s + 1));
            }
        }
        return all;
    }

    /// What a recipe makes of the batch.
    ///
    /// @param losses one each
    /// @param grad of the log-probabilities
    /// @param metrics what is logged
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Result(float[] losses, float[] grad, MeanMetrics metrics) {}

    /// @param dy gradient of each loss; as many as needed are taken
    Result run(Kernels run, float[] logProbs, float[] reference, float[] dy) {
        return run(run, logProbs, reference, dy, Memory.of(run, recipe.remembers()));
    }

    /// The same, going on with what is remembered.
    Result run(Kernels run, float[] logProbs, float[] reference, float[] dy, Memory memory) {
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var values = tape.leaf(k.of(Shape.of(logProbs.length), logProbs));
            Scored<E> batch = recipe.reading().scores()
                    ? Scored.of(examples, packed, outputs(values))
                    : Scored.of(examples, packed, given(k, values), reference, memory);
            if (recipe.needsTeacher()) batch = TaughtRows.beside(batch, values);
            Var losses = recipe.loss(batch);
            int n = losses.value().size();
            MeanMetrics metrics = new MeanMetrics();
            SampledRecipe.note(examples, metrics);
            recipe.measure(batch, metrics);
            tape.backward(losses, k.of(Shape.of(n), Arrays.copyOf(dy, n)));
            return new Result(k.download(losses.value()), k.download(values.grad()), metrics);
        }
    }

    /// One output of each sequence, a number.
    private static TextOutputs outputs(Var values) {
        return new TextOutputs(reshape(values, values.value().size(), 1), new Labels(List.of("y"), Problem.REGRESSION));
    }

    private TokenLogProbs given(Kernels k, Var values) {
        int[] offsets = new int[packed.sequences().size() + 1];
        for (int s = 0; s < offsets.length; s++) offsets[s] = offset(s);
        int m = values.value().size();
        Tensor none = k.ofInts(new int[m]);
        Stats stats = new Stats(k.zeros(Shape.of(m)), none, k.zeros(Shape.of(m)), k.zeros(Shape.of(m)));
        return new TokenLogProbs(values, k.ofInts(offsets), stats, none, TokenLogProbs.weights(k, packed.sequences()));
    }
}
