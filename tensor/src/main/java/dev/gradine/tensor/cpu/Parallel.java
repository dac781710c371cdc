package dev.gradine.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Runs the parts of one kernel on all cores: a fixed pool of daemon threads that the calling thread joins.
///
/// Parts are claimed one at a time, so uneven parts balance; which thread runs which part is not determined, so parts
/// must write to places of their own. A call from within a part runs on that thread alone.
final class Parallel {

    /// One part of a kernel.
    @FunctionalInterface
    interface Part {
        void run(int index);
    }

    /// Threads that work at once, the caller included: the property `gradine.threads`, else all cores.
    static final int THREADS = Math.max(
            1, Integer.getInteger("gradine.threads", Runtime.getRuntime().availableProcessors()));

    /// Whether the caller works alone for now, as a measurement of one core wants it.
    private static volatile boolean alone;

    private static final int SPINS = 2_000; // about 0.1 ms: longer than the gap between two kernels of one step

    private static final Parallel POOL = new Parallel();

    private final Worker[] workers = new Worker[THREADS - 1];

    /// Number of the call in the upper half, next index to claim in the lower: a worker that wakes late cannot claim a
    /// part of a call it did not see begin.
    private final AtomicLong claims = new AtomicLong();

    private final AtomicInteger completed = new AtomicInteger();
    private volatile @Nullable Part part;
    private volatile int parts;
    private volatile @Nullable Throwable failure;
    private volatile boolean working;

    private Parallel() {
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i);
            workers[i].start();
        }
    }

    /// Runs `work`, whose kernels stay on the calling thread.
    static void alone(Runnable work) {
        boolean before = alone;
        alone = true;
        try {
            work.run();
        } finally {
            alone = before;
        }
    }

    /// Runs `part` for every index below `n` and returns when all are done.
    static void forEach(int n, Part part) {
        if (n <= 0) return;
        if (n == 1 || THREADS == 1 || alone || Thread.currentThread() instanceof Worker) {
            for (int i = 0; i < n; i++) part.run(i);
            return;
        }
        synchronized (POOL) {
            if (POOL.working) { // the caller is itself within a part
                for (int i = 0; i < n; i++) part.run(i);
            } else {
                POOL.run(n, part);
            }
        }
    }

    private void run(int n, Part p) {
        working = true;
        try {
            long last = claims.get() >>> 32;
            claims.set((last << 32) | Integer.MAX_VALUE); // no claim succeeds while the fields below change
            part = p;
            parts = n;
            failure = null;
            completed.set(0);
            claims.set((last + 1) << 32); // publishes them
            for (Worker w : workers) if (w.parked) LockSupport.unpark(w);
            claim();
            for (int spins = 0; completed.get() < n; spins++) {
                if (spins < SPINS) Thread.onSpinWait();
                else LockSupport.parkNanos(20_000); // another process has the core that runs the last part
            }
        } finally {
            working = false;
        }
        Throwable t = failure;
        if (t instanceof Error e) throw e;
        if (t instanceof RuntimeException e) throw e;
    }

    private void claim() {
        while (true) {
            long claim = claims.get();
            int n = parts;
            Part p = part;
            if (p == null || (int) claim >= n) return;
            if (!claims.compareAndSet(claim, claim + 1)) continue; // else n and p belong to this claim
            try {
                if (failure == null) p.run((int) claim);
            } catch (RuntimeException | Error e) {
                failure = e;
            } finally {
                completed.incrementAndGet();
            }
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;
        private long seen;

        Worker(int index) {
            super("gradine-kernel-" + (index + 1));
            setDaemon(true);
        }

        @Override
        public void run() {
            while (true) {
                await();
                seen = call();
                claim();
            }
        }

        private long call() {
            return claims.get() >>> 32;
        }

        private void await() {
            for (int i = 0; i < SPINS; i++) {
                if (call() != seen) return;
                Thread.onSpinWait();
            }
            parked = true;
            while (call() == seen) LockSupport.park(this);
            parked = false;
        }
    }
}
