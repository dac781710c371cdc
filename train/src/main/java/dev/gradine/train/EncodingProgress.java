package dev.gradine.train;

import dev.gradine.data.DataSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/// Says how many rows are encoded, where that takes long.
final class EncodingProgress implements IntConsumer {

    private static final long PAUSE = TimeUnit.SECONDS.toNanos(10);

    private final DataSet rows;
    private final RunHost host;
    private final LongSupplier clock;
    private long said;

    EncodingProgress(DataSet rows, RunHost host) {
        this(rows, host, System::nanoTime);
    }

    /// @param clock in nanoseconds
    EncodingProgress(DataSet rows, RunHost host, LongSupplier clock) {
        this.rows = rows;
        this.host = host;
        this.clock = clock;
        said = clock.getAsLong();
    }

    @Override
    public void accept(int done) {
        long now = clock.getAsLong();
        if (now - said < PAUSE || done == rows.size()) return;
        said = now;
        host.tell("%s: %,d of %,d rows encoded (%d %%)"
                .formatted(rows.name(), done, rows.size(), 100L * done / rows.size()));
    }
}
