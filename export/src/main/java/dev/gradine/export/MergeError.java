package dev.gradine.export;

import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Model;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How far a merged model that was written is from the base with its adapter, as the two were trained together.
///
/// ```
/// delta = ‖W′ − (W + ΔW)‖ / ‖ΔW‖        Frobenius norms over all weights that the adapter changes
/// ```
///
/// where W is what the base computes with, decoded if it is of codes, and W′ what was written.
///
/// @param delta that share
/// @param logits of both on texts and tokens
public record MergeError(double delta, LogitsCheck logits) {

    /// Measures it.
    ///
    /// @param written a model folder; opened and closed
    public static MergeError of(OpenModel base, AdapterSet adapted, Path written) {
        try (OpenModel other = Models.open(written, base.run())) {
            Map<String, Weight> there = new HashMap<>();
            Model model = adapted.model() instanceof Classifier ? other.classifier() : other.model();
            for (Weight w : model.weights()) there.put(w.path(), w);
            Sums sums = new Sums();
            for (Weight w : adapted.model().weights()) {
                Weight same = there.get(w.path());
                if (same != null) sums.add(w, same, adapted, base.run());
            }
            return new MergeError(sums.delta(), logits(base, adapted, other, sums.relative()));
        }
    }

    private static LogitsCheck logits(OpenModel base, AdapterSet adapted, OpenModel other, double u) {
        List<int[]> sequences = TextCheck.sequences(base);
        Kernels run = base.run();
        if (adapted.model() instanceof Classifier labelled) {
            float[] expected = LogitsCheck.labels(labelled, adapted, run, sequences);
            float[] got = LogitsCheck.labels(other.classifier(), Adapters.NONE, run, sequences);
            return LogitsCheck.of(expected, got, labelled, labelled.labels().count(), u);
        }
        float[] expected = LogitsCheck.logits(new Policy(base.model(), adapted), run, sequences);
        Policy merged = Policy.of(other.model());
        float[] got = LogitsCheck.logits(merged, run, sequences);
        LogitsCheck check = LogitsCheck.of(expected, got, base.model(), u);
        return check.agrees() ? check : check.allowing(got, LogitsCheck.logitsByRow(merged, run, sequences));
    }

    /// Sums of squares over the weights.
    private static final class Sums {

        private double errors; // of all weights
        private double squares;
        private double changedErrors; // of those that the adapter changes
        private double deltas;

        private void add(Weight w, Weight written, AdapterSet adapted, Kernels run) {
            try (Kernels k = run.openStep()) {
                Tensor expected = Merge.merged(adapted, w, k);
                squares += k.reduce().sumOfSquares(expected);
                double error = distance(written.param().value(), expected, k);
                errors += error;
                if (!Merge.changes(adapted, w)) return;
                changedErrors += error;
                deltas += distance(w.param().value(), expected, k);
            }
        }

        private static double distance(Tensor a, Tensor b, Kernels k) {
            Tensor difference = k.empty(b.shape());
            k.copy(a, difference);
            k.elementwise().axpy(-1, b, difference);
            return k.reduce().sumOfSquares(difference);
        }

        private double delta() {
            return deltas == 0 ? 0 : Math.sqrt(changedErrors / deltas);
        }

        private double relative() {
            return squares == 0 ? 0 : Math.sqrt(errors / squares);
        }
    }

    @Override
    public String toString() {
        return "weights are %.2g of the adapter's update away; logits: %s".formatted(delta, logits);
    }
}
