package dev.gradine.data.batch;

import dev.gradine.data.Shuffle;
import java.util.stream.IntStream;

/// The rows of one source among several: as many in each step as its quota says, each of them once before any comes
/// again.
///
/// Not safe for several threads.
public final class SharedOrder implements RowOrder {

    private final Quotas quotas;
    private final int source;
    private final int size;
    private final long seed;
    private final boolean shuffled;
    private final int stepsPerEpoch;
    private int[] cached = new int[0];
    private long cachedPass = -1;

    /// @param source its number among those of `quotas`
    /// @param size rows it has
    /// @param seed of the order of its rows, a new one each time all have been taken
    /// @param shuffled whether the order is random
    /// @param stepsPerEpoch of the run
    public SharedOrder(Quotas quotas, int source, int size, long seed, boolean shuffled, int stepsPerEpoch) {
        if (size < 1) throw new IllegalArgumentException("shared order: number of rows is " + size + ", expected >= 1");
        this.quotas = quotas;
        this.source = source;
        this.size = size;
        this.seed = seed;
        this.shuffled = shuffled;
        this.stepsPerEpoch = stepsPerEpoch;
    }

    @Override
    public int stepsPerEpoch() {
        return stepsPerEpoch;
    }

    @Override
    public int[] rows(long step) {
        if (step < 0) throw new IllegalArgumentException("shared order: step is " + step + ", expected >= 0");
        long from = quotas.before(source, step);
        int count = Math.toIntExact(quotas.before(source, step + 1) - from);
        int[] rows = new int[count];
        for (int i = 0; i < count; i++) rows[i] = row(from + i);
        return rows;
    }

    private int row(long place) {
        long pass = place / size;
        if (pass != cachedPass) {
            cached = shuffled
                    ? Shuffle.permutation(size, seed, pass * 1_000_003 + source)
                    : IntStream.range(0, size).toArray();
            cachedPass = pass;
        }
        return cached[(int) (place % size)];
    }
}
