package dev.gradine.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Ctrl-C that saves first: the process goes on until the running step and its checkpoint are done.
///
/// Open one around a run; the JVM's shutdown then waits for `close`, at most two minutes.
public final class StopSignal implements BooleanSupplier, AutoCloseable {

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stopAndWait, "gradine-stop");
    private volatile boolean asked;

    /// Listens for the end of the process from here on.
    public StopSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void stopAndWait() {
        asked = true;
        try {
            if (!closed.await(2, TimeUnit.MINUTES))
                System.err.println("gradine: the step did not end; state not saved");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether the process was asked to end.
    @Override
    public boolean getAsBoolean() {
        return asked;
    }

    /// Lets the process end.
    @Override
    public void close() {
        closed.countDown();
        if (asked) return;
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            asked = true; // the process has begun to end just now; the hook finds the latch open
        }
    }
}
