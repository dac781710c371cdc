package dev.gradine.data.batch;

import dev.gradine.data.Shuffle;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Which examples each optimiser step takes.
///
/// Epochs follow each other; each visits every example once, and its last batch is smaller when the sizes do not
/// divide. A step's batch follows from the step number alone, so that a resumed run goes on without replaying.
/// Not safe for several threads.
public final class BatchOrder implements RowOrder {
    /// Batches sorted together when similar lengths are grouped: more wastes less, fewer shuffles better.
    private static final int WINDOW = 50;

    private final int size;
    private final int batch;
    private final Order order;
    private int[] cached = new int[0];
    private long cachedEpoch = -1;

    /// The visiting order of one epoch.
    private interface Order {
        int[] of(long epoch);
    }

    private BatchOrder(int size, int batch, Order order) {
        if (size < 1) throw new IllegalArgumentException("batches: number of examples is " + size + ", expected >= 1");
        if (batch < 1) throw new IllegalArgumentException("batches: batch size is " + batch + ", expected >= 1");
        this.size = size;
        this.batch = batch;
        this.order = order;
    }

    /// Examples in their own order, every epoch.
    public static BatchOrder inOrder(int size, int batch) {
        return new BatchOrder(size, batch, _ -> IntStream.range(0, size).toArray());
    }

    /// Examples in a new random order every epoch.
    public static BatchOrder shuffled(int size, int batch, long seed) {
        return new BatchOrder(size, batch, epoch -> Shuffle.permutation(size, seed, epoch));
    }

    /// Random order with similar lengths in one batch: each run of 50 shuffled batches is sorted by length, then the
    /// batches are shuffled. A smaller last batch stays last.
    ///
    /// @param lengths of the examples, in tokens
    public static BatchOrder byLength(int[] lengths, int batch, long seed) {
        int[] own = lengths.clone();
        return new BatchOrder(own.length, batch, epoch -> grouped(own, batch, seed, epoch));
    }

    private static int[] grouped(int[] lengths, int batch, long seed, long epoch) {
        int[] drawn = Shuffle.permutation(lengths.length, seed, epoch);
        int full = lengths.length / batch;
        int window = WINDOW * batch;
        int[] sorted = drawn.clone();
        for (int from = 0; from < full * batch; from += window) {
            int to = Math.min(full * batch, from + window);
            int[] part = Arrays.stream(drawn, from, to)
                    .boxed()
                    .sorted(Comparator.comparingInt((Integer i) -> -lengths[i]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            System.arraycopy(part, 0, sorted, from, part.length);
        }
        int[] out = sorted.clone();
        int[] places = Shuffle.permutation(full, ~seed, epoch);
        for (int b = 0; b < full; b++) System.arraycopy(sorted, places[b] * batch, out, b * batch, batch);
        return out;
    }

    @Override
    public int stepsPerEpoch() {
        return Math.ceilDiv(size, batch);
    }

    /// The epoch a step belongs to, from 0.
    ///
    /// @param step from 0
    public long epoch(long step) {
        if (step < 0) throw new IllegalArgumentException("batches: step is " + step + ", expected >= 0");
        return step / stepsPerEpoch();
    }

    @Override
    public int[] rows(long step) {
        long epoch = epoch(step);
        if (epoch != cachedEpoch) {
            cached = order.of(epoch);
            cachedEpoch = epoch;
        }
        int from = (int) (step % stepsPerEpoch()) * batch;
        return Arrays.copyOfRange(cached, from, Math.min(size, from + batch));
    }
}
