package dev.gradine.optim;

import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What a run minimises, over examples of type `E`.
public interface Objective<E> {

    /// What the loss is a mean over, counted for one example: labelled tokens, pairs, images.
    double weight(E example);

    /// How much a model reads for one example, in units of `unit`.
    double work(E example);

    /// What `work` counts, as one plural word such as `tokens`; metrics are named by it, `tokens_per_second`.
    String unit();

    /// What is logged, in the order a summary shows it; the loss is the first.
    List<Metric> metrics();

    /// What it remembers from step to step, by name; writing into the tensors restores it.
    default SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>();
    }

    /// Computes one micro-batch.
    ///
    /// @param totalWeight weights of all examples of the step, of which this is a part; 0 where none of them counts
    Outcome forward(Step step, List<E> micro, double totalWeight);
}
