package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.batch.BatchOrder;
import dev.gradine.optim.Batches;
import java.util.ArrayList;
import java.util.List;

/// Examples in the order a run visits them, cut into micro-batches.
final class ExampleBatches<E> implements Batches<E> {

    private final List<E> examples;
    private final BatchOrder order;
    private final int micro;

    private ExampleBatches(List<E> examples, BatchOrder order, int micro) {
        this.examples = examples;
        this.order = order;
        this.micro = micro;
    }

    static <E> ExampleBatches<E> of(List<E> examples, RunSettings settings, Recipe<E> recipe) {
        BatchSettings batches = settings.batches();
        int perStep = rows(settings, recipe.rowsOfBatch());
        BatchOrder order;
        if (batches.groupByLength()) {
            order = BatchOrder.byLength(
                    examples.stream().mapToInt(recipe::tokens).toArray(),
                    perStep,
                    settings.train().seed());
        } else if (batches.shuffle()) {
            order = BatchOrder.shuffled(
                    examples.size(), perStep, settings.train().seed());
        } else {
            order = BatchOrder.inOrder(examples.size(), perStep);
        }
        return new ExampleBatches<>(examples, order, recipe.rowsOfBatch() == 1 ? batches.batch() : perStep);
    }

    /// Rows of a step, of which each stands for several of a batch.
    private static int rows(RunSettings settings, int each) {
        int all = settings.perStep();
        if (all % each == 0) return all / each;
        throw new IllegalArgumentException(
                "--batch %d, --accumulate %d: %d answers a step, expected a multiple of %d (as"
                                .formatted(
                                        settings.batches().batch(),
                                        settings.train().accumulate(),
                                        all,
                                        each)
                        + " many as are compared with each other)");
    }

    int stepsPerEpoch() {
        return order.stepsPerEpoch();
    }

    @Override
    public List<List<E>> step(int step) {
        List<E> all = new ArrayList<>();
        for (int row : order.rows(step)) all.add(examples.get(row));
        return cut(all, micro);
    }

    @Override
    public double epochAfter(int step) {
        return (step + 1.0) / order.stepsPerEpoch();
    }

    /// Consecutive parts of at most `size` examples.
    static <E> List<List<E>> cut(List<E> all, int size) {
        List<List<E>> parts = new ArrayList<>();
        for (int i = 0; i < all.size(); i += size) parts.add(all.subList(i, Math.min(all.size(), i + size)));
        return parts;
    }
}
