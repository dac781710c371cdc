package dev.gradine.optim;

import java.util.List;

/// The examples of each step, found by its number alone, so that a resumed run goes on where it was.
public interface Batches<E> {

    /// Micro-batches of step `step`, counted from 0; none of them empty.
    List<List<E>> step(int step);

    /// Epochs done once step `step` has been taken.
    double epochAfter(int step);
}
