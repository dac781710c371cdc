package dev.gradine.train;

import dev.gradine.align.Packed;
import dev.gradine.align.Reading;
import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.align.TextOutputs;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TextModel;
import dev.gradine.optim.Batches;
import dev.gradine.optim.Step;
import dev.gradine.peft.Calibration;
import dev.gradine.peft.Shaping;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// The micro-batches of a run in the order it visits them, for adapters that begin from data. A recipe that compares
/// the policy with a reference compares it with the base, which is what it begins as.
///
/// @param batches encoded when they are first asked for
/// @param checkpointing whether blocks are computed again for the gradient
record RunCalibration<E>(TextModel model, Recipe<E> recipe, Supplier<Batches<E>> batches, boolean checkpointing)
        implements Calibration {

    private List<E> micro(int batch) {
        return batches.get().step(batch).getFirst();
    }

    private int tokens(List<E> micro) {
        return micro.stream().mapToInt(recipe::tokens).sum();
    }

    @Override
    public int read(int batch, Kernels run, Function<int[], Adapters> watching) {
        List<E> micro = micro(batch);
        Packed packed = Packed.of(micro.stream().map(recipe::sequences).toList(), true);
        try (Kernels k = run.openStep()) {
            Pass pass =
                    Pass.of(Tape.noGrad(k), TextOutputs.tokens(model, packed)).with(watching.apply(labelled(packed)));
            if (recipe.reading().scores()) TextOutputs.of((Classifier) model, pass, packed);
            else TokenLogProbs.of((CausalLm) model, pass, model.hidden(pass), packed, recipe.reading());
        }
        return tokens(micro);
    }

    /// Rows whose own tokens carry loss.
    private static int[] labelled(Packed packed) {
        List<LabelledTokens> all = packed.sequences();
        return IntStream.range(0, all.size())
                .flatMap(s -> IntStream.range(0, all.get(s).tokens())
                        .filter(t -> all.get(s).label(t) != LabelledTokens.IGNORED)
                        .map(t -> packed.row(s, t)))
                .distinct()
                .sorted()
                .toArray();
    }

    @Override
    public int differentiate(int batch, Kernels run, Adapters trained) {
        List<E> micro = micro(batch);
        List<Policy> base = model instanceof CausalLm l ? List.of(Policy.of(l)) : List.of(); // its beginning, too
        var reference = base.isEmpty() ? ReferenceLogProbs.none() : ReferenceLogProbs.of(base.getFirst());
        var learner = new Learner(model, trained, checkpointing, Shaping.NONE, Reading.PLAIN);
        var objective = new PolicyObjective<>(recipe, learner, reference, true)
                .remembering(run)
                .taughtBy(recipe instanceof Sft ? base : List.of());
        double weight = micro.stream().mapToDouble(recipe::weight).sum();
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            tape.backward(
                    objective.forward(Step.evaluation(tape), micro, weight).loss());
        }
        return tokens(micro);
    }
}
