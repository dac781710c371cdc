package dev.gradine.train;

import dev.gradine.optim.Batches;
import dev.gradine.optim.Objective;
import java.util.List;

/// One source of a run in training.
///
/// @param name of the source
/// @param objective what is minimised over its examples; sources whose rows count alike have the same
/// @param batches what each step takes of it
/// @param held batches of examples that are not trained on
/// @param factor of its loss in that of a step
record MixedSource<E>(String name, Objective<E> objective, Batches<E> batches, List<List<E>> held, double factor) {

    /// One of its examples.
    ///
    /// @param total weights of all examples of the step that are learnt by the same objective
    record Example<E>(MixedSource<E> of, E example, double total) {

        double weight() {
            return of.objective.weight(example);
        }

        double work() {
            return of.objective.work(example);
        }
    }

    /// Weights of all examples of micro-batches.
    static <E> double weight(Objective<E> objective, List<List<E>> micros) {
        double sum = 0;
        for (List<E> micro : micros) for (E e : micro) sum += objective.weight(e);
        return sum;
    }

    /// A micro-batch of examples that know where they are from.
    List<Example<?>> known(List<E> micro, double total) {
        return micro.stream()
                .<Example<?>>map(e -> new Example<>(this, e, total))
                .toList();
    }
}
