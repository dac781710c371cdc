package dev.gradine.train;

import dev.gradine.align.Recipe;
import java.util.List;

/// The rows of one source as examples.
///
/// @param source where they come from
/// @param recipe that learns from them
/// @param train examples to learn from
/// @param rows the same, as those of each row of a batch
/// @param evalSet examples to evaluate on
record SourceExamples<E>(
        TrainingData.Source source, Recipe<E> recipe, List<E> train, List<List<E>> rows, List<E> evalSet) {

    String name() {
        return source.name();
    }
}
