package dev.gradine.optim;

import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The examples of each step, found by its number, and by what they remember, so that a resumed run goes on where it
/// was.
public interface Batches<E> {

    /// Micro-batches of step `step`, counted from 0; none of them empty.
    List<List<E>> step(int step);

    /// Epochs done once step `step` has been taken.
    double epochAfter(int step);

    /// What they remember from step to step, by name; writing into the tensors restores it.
    default SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>();
    }
}
