package dev.gradine.export;

import dev.gradine.io.Checkpoint;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Whether every weight of a model that was written is the one in memory, rounded once to the type of the file. What is
/// transposed, permuted or exchanged is further off than that.
final class WeightsCheck {

    private double squaredErrors;
    private double squares;

    /// Compares all of them.
    void run(OpenModel source, AdapterSet adapted, OpenModel written, Findings findings) {
        Map<String, Weight> there = new LinkedHashMap<>();
        written.model().weights().forEach(w -> there.put(w.path(), w));
        int before = findings.faults().size();
        int count = 0;
        for (Weight w : source.model().weights()) {
            if (!source.checkpoint().has(w.path()) && !Merge.stores(adapted, w)) continue; // tied to another
            Weight other = there.get(w.path());
            if (other == null) findings.add(false, "weights: %s is not there".formatted(w.path()));
            else compare(w, new Written(other, written.checkpoint()), source.run(), adapted, findings);
            count++;
        }
        if (findings.faults().size() == before) {
            findings.add(
                    true,
                    "weights: %d tensors, each as in memory, rounded to its type (relative error %.2g)"
                            .formatted(count, relativeError()));
        }
    }

    /// A weight that was written, and the file that says in which type: norms are held as f32, whatever they
    /// are there.
    private record Written(Weight weight, Checkpoint file) {

        DType type() {
            boolean stored = file.has(weight.path());
            return stored
                    ? file.tensor(weight.path()).dtype()
                    : weight.param().value().dtype();
        }

        /// How far each value may be from `expected`. A vector may lie 1 beside what is stored.
        double[] bound(float[] expected) {
            if (weight.shape().rank() > 1) return RoundingBound.of(expected, type());
            float[] stored = new float[expected.length];
            for (int i = 0; i < stored.length; i++) stored[i] = 1 + Math.abs(expected[i]);
            double[] bound = RoundingBound.of(stored, type());
            for (int i = 0; i < bound.length; i++) bound[i] += 0x1p-23 * stored[i];
            return bound;
        }
    }

    private void compare(Weight w, Written there, Kernels run, AdapterSet adapted, Findings findings) {
        Weight other = there.weight();
        if (!other.shape().equals(w.shape())) {
            findings.add(false, "weights: %s is %s, expected %s".formatted(w.path(), other.shape(), w.shape()));
            return;
        }
        try (Kernels k = run.openStep()) {
            float[] expected = k.download(Merge.merged(adapted, w, k));
            Tensor value = k.empty(other.shape());
            k.copy(other.param().value(), value);
            float[] got = k.download(value);
            double[] bound = there.bound(expected);
            int off = 0;
            for (int i = 0; i < got.length; i++) {
                double error = Math.abs((double) got[i] - expected[i]);
                if (!(error <= bound[i])) off++;
                squaredErrors += error * error;
                squares += (double) expected[i] * expected[i];
            }
            if (off > 0) {
                findings.add(
                        false,
                        ("weights: %s differs from the model in memory in %d of %d values, more than rounding"
                                        + " to %s explains")
                                .formatted(w.path(), off, got.length, there.type()));
            }
        }
    }

    /// Root mean square of the errors over that of the weights.
    double relativeError() {
        return squares == 0 ? 0 : Math.sqrt(squaredErrors / squares);
    }
}
