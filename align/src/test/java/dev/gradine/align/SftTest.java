package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The loss of a step, whole or in parts.
class SftTest implements RecipeContract<LabelledTokens> {

    @Override
    public Recipe<LabelledTokens> recipe() {
        return Sft.defaults();
    }

    @Override
    public List<LabelledTokens> examples() {
        return Examples.sequences();
    }

    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST, Promise.KEEPS_TO_ITSELF);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        return Arrays.stream(seen.tokens()[0])
                .flatMapToDouble(Arrays::stream)
                .map(x -> -x)
                .toArray();
    }

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// Eight sequences of unequal lengths, so that a mean of means would differ.
    private static List<LabelledTokens> batch() {
        List<LabelledTokens> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) all.add(LabelledTokens.completion(Cases.indices(i, 5 + 3 * i, 37), 1 + i / 2));
        return all;
    }

    private static Var losses(Tape t, Policy policy, List<LabelledTokens> some) {
        return Sft.defaults()
                .loss(Scored.of(some, Packed.apart(some), TokenLogProbs.of(t, policy, some), new float[0]));
    }

    /// Loss and gradients, flat, of a step in micro-batches of the given size.
    private float[] step(int size) {
        CausalLm model = TinyModel.of(run);
        TinyModel.Trained trained = TinyModel.train(model, run);
        Policy policy = new Policy(model, trained);
        List<Param> params = trained.params();
        double n = batch().stream().mapToInt(LabelledTokens::predicted).sum();
        double loss = 0;
        for (int from = 0; from < 8; from += size) {
            try (Kernels k = run.openStep()) {
                Tape t = Tape.recording(k);
                Var losses = losses(t, policy, batch().subList(from, from + size));
                Var part = scale(mean(losses), (float) (losses.value().size() / n));
                t.backward(part);
                loss += k.download(part.value())[0];
            }
        }
        int values = params.stream().mapToInt(p -> p.value().size()).sum();
        float[] flat = new float[1 + values];
        flat[0] = (float) loss;
        int at = 1;
        for (Param p : params) {
            float[] grad = run.download(p.grad());
            System.arraycopy(grad, 0, flat, at, grad.length);
            at += grad.length;
        }
        return flat;
    }

    @Test
    void accumulation_changes_nothing_but_rounding() {
        float[] whole = step(8);
        double largest = 0;
        for (float v : whole) largest = Math.max(largest, Math.abs(v));
        Tolerance tolerance = Tolerance.gradient(largest);
        for (int size : new int[] {1, 2, 4}) {
            Teeth.bite(step(size), s -> tolerance.check("in parts of " + size, s, Cases.doubles(whole)));
        }
    }

    @Test
    void it_is_the_mean_over_all_labelled_tokens() {
        CausalLm model = TinyModel.of(run);
        try (Kernels k = run.openStep()) {
            Tape t = Tape.noGrad(k);
            TokenLogProbs p = TokenLogProbs.of(t, Policy.of(model), batch());
            double sum = 0;
            for (float v : k.download(p.values().value())) sum += v;
            double[] expected = {-sum / p.count()};
            Teeth.bite(
                    k.download(mean(losses(t, Policy.of(model), batch())).value()),
                    l -> Tolerance.loss().check("loss", l, expected));
        }
    }
}
