package dev.gradine.tensor.cpu;

import java.util.concurrent.atomic.AtomicInteger;
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

    private static final int SPINS = 20_000; // about 50 µs: longer than the gap between two kernels of one step

    private static final Parallel POOL = new Parallel();

    private final Worker[] workers = new Worker[THREADS - 1];
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private volatile int generation;
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

    /// Runs `part` for every index below `n` and returns when all are done.
    static void forEach(int n, Part part) {
        if (n <= 0) return;
        if (n == 1 || THREADS == 1 || Thread.currentThread() instanceof Worker) {
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

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the caller that holds POOL writes it
    private void run(int n, Part p) {
        working = true;
        try {
            part = p;
            parts = n;
            failure = null;
            next.set(0);
            busy.set(workers.length);
            generation++; // publishes the fields above
            for (Worker w : workers) if (w.parked) LockSupport.unpark(w);
            claim(p, n);
            while (busy.get() > 0) Thread.onSpinWait();
        } finally {
            working = false;
            part = null;
        }
        Throwable t = failure;
        if (t instanceof Error e) throw e;
        if (t instanceof RuntimeException e) throw e;
    }

    private void claim(Part p, int n) {
        try {
            for (int i = next.getAndIncrement(); i < n; i = next.getAndIncrement()) p.run(i);
        } catch (RuntimeException | Error e) {
            failure = e;
            next.set(n); // nobody starts another part
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;
        private int seen;

        Worker(int index) {
            super("gradine-kernel-" + (index + 1));
            setDaemon(true);
        }

        @Override
        public void run() {
            while (true) {
                await();
                seen = generation;
                Part p = part;
                if (p != null) claim(p, parts);
                busy.decrementAndGet();
            }
        }

        private void await() {
            for (int i = 0; i < SPINS; i++) {
                if (generation != seen) return;
                Thread.onSpinWait();
            }
            parked = true;
            while (generation == seen) LockSupport.park(this);
            parked = false;
        }
    }
}
