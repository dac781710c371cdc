package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.data.batch.BatchOrder;
import dev.gradine.data.batch.RowOrder;
import dev.gradine.optim.Batches;
import java.util.ArrayList;
import java.util.List;

/// Examples in the order a run visits them, cut into micro-batches.
final class ExampleBatches<E> implements Batches<E> {

    private final List<List<E>> rows; // examples of each row of a batch
    private final RowOrder order;
    private final int micro;

    private ExampleBatches(List<List<E>> rows, RowOrder order, int micro) {
        this.rows = rows;
        this.order = order;
        this.micro = micro;
    }

    /// @param rows examples of each row of a batch
    static <E> ExampleBatches<E> of(List<List<E>> rows, RunSettings settings, Recipe<E> recipe) {
        return of(rows, order(rows, settings, recipe), settings, recipe);
    }

    /// The same in another order.
    static <E> ExampleBatches<E> of(List<List<E>> rows, RowOrder order, RunSettings settings, Recipe<E> recipe) {
        int micro = Rollouts.answers(recipe) == 1 ? settings.batches().batch() : settings.perStep();
        return new ExampleBatches<>(rows, order, micro);
    }

    private static <E> RowOrder order(List<List<E>> rows, RunSettings settings, Recipe<E> recipe) {
        BatchSettings batches = settings.batches();
        long seed = settings.train().seed();
        int perStep = perStep(settings, recipe);
        if (batches.groupByLength()) {
            int[] lengths = rows.stream()
                    .mapToInt(row -> row.stream().mapToInt(recipe::tokens).sum())
                    .toArray();
            return BatchOrder.byLength(lengths, perStep, seed);
        }
        return batches.shuffle()
                ? BatchOrder.shuffled(rows.size(), perStep, seed)
                : BatchOrder.inOrder(rows.size(), perStep);
    }

    /// Rows of a step, of which each stands for as many of a batch as the recipe says.
    static int perStep(RunSettings settings, Recipe<?> recipe) {
        int each = Rollouts.answers(recipe);
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
