package dev.gradine.export;

import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
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
            else compare(w, other, source.run(), adapted, findings);
            count++;
        }
        if (findings.faults().size() == before) {
            findings.add(
                    true,
                    "weights: %d tensors, each as in memory, rounded to its type (relative error %.2g)"
                            .formatted(count, relativeError()));
        }
    }

    private void compare(Weight w, Weight other, Kernels run, AdapterSet adapted, Findings findings) {
        if (!other.shape().equals(w.shape())) {
            findings.add(false, "weights: %s is %s, expected %s".formatted(w.path(), other.shape(), w.shape()));
            return;
        }
        try (Kernels k = run.openStep()) {
            float[] expected = k.download(Merge.merged(adapted, w, k));
            Tensor value = k.empty(other.shape());
            k.copy(other.param().value(), value);
            float[] got = k.download(value);
            double[] bound = RoundingBound.of(expected, other.param().value().dtype());
            boolean vector = w.shape().rank() == 1;
            int off = 0;
            for (int i = 0; i < got.length; i++) {
                double error = Math.abs((double) got[i] - expected[i]);
                double allowed = vector ? bound[i] + 0x1p-23 * (1 + Math.abs(expected[i])) : bound[i]; // 1 was added
                if (!(error <= allowed)) off++;
                squaredErrors += error * error;
                squares += (double) expected[i] * expected[i];
            }
            if (off > 0) {
                findings.add(
                        false,
                        ("weights: %s differs from the model in memory in %d of %d values, more than rounding"
                                        + " to %s explains")
                                .formatted(
                                        w.path(),
                                        off,
                                        got.length,
                                        other.param().value().dtype()));
            }
        }
    }

    /// Root mean square of the errors over that of the weights.
    double relativeError() {
        return squares == 0 ? 0 : Math.sqrt(squaredErrors / squares);
    }
}
