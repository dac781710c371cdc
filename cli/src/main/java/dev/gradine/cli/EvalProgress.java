package dev.gradine.cli;

import dev.gradine.eval.Evaluation;
import java.util.function.LongSupplier;

/// Says on standard error how far an evaluation is, every ten seconds.
final class EvalProgress implements Evaluation.Progress {

    private static final long EVERY = 10_000_000_000L; // ns

    private final LongSupplier nanos;
    private long told;

    /// @param nanos a clock that only rises
    EvalProgress(LongSupplier nanos) {
        this.nanos = nanos;
        told = nanos.getAsLong();
    }

    @Override
    public void at(String task, int done, int of) {
        long now = nanos.getAsLong();
        if (now - told < EVERY || done == of) return;
        told = now;
        System.err.println("gradine: %s: %d of %d items".formatted(task, done, of));
    }
}
