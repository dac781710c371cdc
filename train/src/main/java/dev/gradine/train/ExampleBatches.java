package dev.gradine.train;

import dev.gradine.data.batch.BatchOrder;
import dev.gradine.optim.Batches;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

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

    static <E> ExampleBatches<E> of(List<E> examples, RunSettings settings, ToIntFunction<E> length) {
        int perStep = settings.perStep();
        BatchSettings batches = settings.batches();
        BatchOrder order;
        if (batches.groupByLength()) {
            order = BatchOrder.byLength(
                    examples.stream().mapToInt(length).toArray(),
                    perStep,
                    settings.train().seed());
        } else if (batches.shuffle()) {
            order = BatchOrder.shuffled(
                    examples.size(), perStep, settings.train().seed());
        } else {
            order = BatchOrder.inOrder(examples.size(), perStep);
        }
        return new ExampleBatches<>(examples, order, batches.batch());
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
