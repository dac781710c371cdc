package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.batch.BatchOrder;
import dev.gradine.optim.Batches;
import java.util.ArrayList;
import java.util.List;

/// Examples in the order a run visits them, cut into micro-batches.
final class ExampleBatches<E> implements Batches<E> {

    private final List<List<E>> rows; // examples of each row of a batch
    private final BatchOrder order;
    private final int micro;

    private ExampleBatches(List<List<E>> rows, BatchOrder order, int micro) {
        this.rows = rows;
        this.order = order;
        this.micro = micro;
    }

    /// @param rows examples of each row of a batch
    static <E> ExampleBatches<E> of(List<List<E>> rows, RunSettings settings, Recipe<E> recipe) {
        BatchSettings batches = settings.batches();
        int perStep = rows(settings, recipe.rowsOfBatch());
        BatchOrder order;
        if (batches.groupByLength()) {
            order = BatchOrder.byLength(
                    rows.stream()
                            .mapToInt(
                                    row -> row.stream().mapToInt(recipe::tokens).sum())
                            .toArray(),
                    perStep,
                    settings.train().seed());
        } else if (batches.shuffle()) {
            order = BatchOrder.shuffled(rows.size(), perStep, settings.train().seed());
        } else {
            order = BatchOrder.inOrder(rows.size(), perStep);
        }
        return new ExampleBatches<>(rows, order, recipe.rowsOfBatch() == 1 ? batches.batch() : perStep);
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
        List<List<E>> all = new ArrayList<>();
        for (int row : order.rows(step)) all.add(rows.get(row));
        return cut(all, micro).stream()
                .map(part -> part.stream().flatMap(List::stream).toList())
                .toList();
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
