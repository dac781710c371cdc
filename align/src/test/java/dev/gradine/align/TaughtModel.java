package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Scorer;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;

/// What a recipe teaches a small model: the gradient of every weight.
final class TaughtModel<E> implements AutoCloseable {

    private final Kernels run = CpuKernels.open();
    private final Recipe<E> recipe;
    private final Policy policy;
    private final Policy teacher; // a model of other weights
    private final List<Param> params;

    TaughtModel(Recipe<E> recipe) {
        this.recipe = recipe;
        CausalLm body = TinyModel.of(run);
        CausalLm model = recipe.reading().scores() ? scorer(body) : body;
        TinyModel.Trained trained = TinyModel.train(model, run);
        params = trained.params();
        policy = new Policy(model, trained);
        teacher = Policy.of(TinyModel.of(run));
        for (Param p : params) shift(p);
    }

    private Scorer scorer(CausalLm body) {
        int width = body.head().linear().in();
        Param head = Param.frozen("score.weight", run.of(Shape.of(1, width), Cases.plain(9, width, 0.5f)));
        return new Scorer(body, new Linear(Scorer.SCORE, new Weight("score.weight", head), null), Labels.score());
    }

    /// Away from the weights of the teacher.
    private void shift(Param p) {
        float[] values = run.download(p.value());
        for (int i = 0; i < values.length; i++) values[i] *= 1 + 0.1f * (i % 3);
        run.copy(run.of(p.value().shape(), values), p.value());
    }

    @Override
    public void close() {
        run.close();
    }

    /// Gradients of all weights after the micro-batches of a step.
    ///
    /// @param share whether what the sequences of an example begin with is read once
    List<float[]> gradients(List<List<E>> micros, boolean share) {
        params.forEach(p -> run.elementwise().fill(p.grad(), 0));
        double total = micros.stream()
                .flatMap(List::stream)
                .mapToDouble(recipe::weight)
                .sum();
        Memory memory = Memory.of(run, recipe.remembers());
        for (List<E> micro : micros) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                Packed packed = Packed.of(micro.stream().map(recipe::sequences).toList(), share);
                Var losses = recipe.loss(scored(micro, packed, tape, memory));
                int n = losses.value().size();
                tape.backward(scale(mean(losses), (float) (n / total)));
            }
        }
        return params.stream().map(p -> run.download(p.grad())).toList();
    }

    private Scored<E> scored(List<E> micro, Packed packed, Tape tape, Memory memory) {
        Pass pass = policy.pass(tape, packed.tokens());
        if (policy.model() instanceof Scorer scorer) {
            return Scored.of(micro, packed, TextOutputs.of(scorer, pass, packed));
        }
        Var hidden = policy.model().hidden(pass);
        Predicting rows = recipe.needsTeacher() ? Predicting.of(policy.model(), pass, hidden, packed) : null;
        TokenLogProbs own = TokenLogProbs.of(policy.model(), pass, hidden, packed, recipe.reading());
        boolean compares = recipe.reference() == ReferenceUse.IN_LOSS;
        Scored<E> batch = Scored.of(micro, packed, own, compares ? reference(packed) : new float[0], memory);
        if (rows == null) return batch;
        Pass read = teacher.pass(Tape.noGrad(tape.kernels()), packed.tokens());
        Var known = teacher.model().hidden(read);
        return batch.taught(rows, Predicting.of(teacher.model(), read, known, packed));
    }

    /// Nats a token that depend on the sequence alone.
    private static float[] reference(Packed packed) {
        List<LabelledTokens> all = packed.sequences();
        float[] r = new float[all.stream().mapToInt(LabelledTokens::predicted).sum()];
        int at = 0;
        for (LabelledTokens l : all) {
            int seed = Math.floorMod(Arrays.hashCode(l.ids()), 7);
            for (int t = 0; t < l.predicted(); t++) r[at++] = -3 - (seed + t) % 7 / 4f;
        }
        return r;
    }

    /// Fails unless the gradients are the same but for rounding, and there are some.
    void requireSame(List<float[]> got, List<float[]> want) {
        int learnt = 0;
        for (int i = 0; i < want.size(); i++) {
            String name = params.get(i).name();
            double[] expected = Cases.doubles(want.get(i));
            double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
            if (largest == 0) {
                assertThat(got.get(i)).as(name).containsOnly(0);
                continue;
            }
            learnt++;
            Tolerance t = Tolerance.gradient(largest);
            Teeth.bite(got.get(i), g -> t.check(name, g, expected));
        }
        assertThat(learnt).isGreaterThan(10);
    }
}
