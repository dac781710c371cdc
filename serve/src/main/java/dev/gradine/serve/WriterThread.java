package dev.gradine.serve;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Writing;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// The thread that runs a batch. Requests come in from any thread.
final class WriterThread implements AutoCloseable {

    private static final Logger LOG = System.getLogger(WriterThread.class.getName());
    private static final int AHEAD = 16; // requests that the batch holds without room for them

    private final Supplier<ContinuousBatch> open;
    private final int maxQueue;
    private final Queue<Told> incoming = new ConcurrentLinkedQueue<>();
    private final Queue<Adapters> forgotten = new ConcurrentLinkedQueue<>();
    private final Semaphore work = new Semaphore(0);
    private final AtomicInteger waiting = new AtomicInteger(); // not yet in the batch
    private final AdapterTurns<Told> turns; // of the thread
    private final Set<Told> inside = new LinkedHashSet<>(); // of the thread
    private final Thread thread = Thread.ofPlatform().name("gradine-writer").unstarted(this::run);
    private volatile ContinuousBatch batch;
    private volatile Load load;
    private volatile Drafts drafts = new Drafts(0, 0);
    private Drafts earlier = drafts; // of batches that failed; of the thread
    private volatile boolean closing;

    WriterThread(Supplier<ContinuousBatch> open, int maxQueue, AdapterTurns<Told> turns) {
        this.open = open;
        this.maxQueue = maxQueue;
        this.turns = turns;
        batch = open.get();
        load = batch.load();
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /// @throws QueueFullException if too many wait
    void submit(Writing w) {
        batch.require(w);
        int before = waiting.getAndIncrement();
        if (before >= maxQueue || closing) {
            waiting.decrementAndGet();
            throw new QueueFullException(before);
        }
        incoming.add(new Told(w));
        work.release();
    }

    void forget(Adapters adapters) {
        forgotten.add(adapters);
        work.release();
    }

    Load now() {
        Load l = load;
        return new Load(waiting.get() + l.waiting(), l.reading(), l.writing(), l.pages(), l.allPages());
    }

    Drafts drafts() {
        return drafts;
    }

    private void run() {
        while (!closing) {
            work.drainPermits();
            boolean more = turn();
            if (!more && !closing) work.acquireUninterruptibly();
        }
        fail(new IllegalStateException("the server is shutting down"));
        batch.close();
    }

    /// @return whether there is more to do
    private boolean turn() {
        try {
            takeIn();
            boolean more = batch.step();
            load = batch.load();
            drafts = withDraftsOf(batch);
            return more || waiting.get() > 0;
        } catch (RuntimeException | OutOfMemoryError e) {
            RuntimeException why = e instanceof RuntimeException r ? r : new IllegalStateException("out of memory", e);
            fail(why);
            earlier = withDraftsOf(batch);
            batch.close();
            batch = open.get();
            load = batch.load();
            return waiting.get() > 0;
        }
    }

    private Drafts withDraftsOf(ContinuousBatch b) {
        Drafts own = b.drafts();
        return new Drafts(earlier.guessed() + own.guessed(), earlier.right() + own.right());
    }

    private void takeIn() {
        for (Told t = incoming.poll(); t != null; t = incoming.poll()) {
            turns.add(t.writing.adapters(), t);
        }
        for (Told gone : turns.remove(t -> t.writing.isCancelled())) {
            waiting.decrementAndGet();
            gone.endAll();
        }
        for (Adapters a = forgotten.poll(); a != null; a = forgotten.poll()) batch.forget(a);
        while (batch.load().waiting() < AHEAD) {
            Told next = turns.next();
            if (next == null) break;
            waiting.decrementAndGet();
            inside.add(next);
            batch.add(next.writing.telling(next));
        }
    }

    /// Tells all that nothing more will come.
    private void fail(RuntimeException why) {
        takeIn();
        List<Told> all = new ArrayList<>(inside);
        List<Told> queued = turns.remove(_ -> true);
        waiting.addAndGet(-queued.size());
        all.addAll(queued);
        for (Told t : inside) turns.left(t.writing.adapters());
        inside.clear();
        for (Told t : all) t.failed(why);
    }

    /// A request: a listener that fails harms no other.
    final class Told implements Writing.Listener {
        final Writing writing;
        private int left;

        Told(Writing writing) {
            this.writing = writing;
            left = writing.texts();
        }

        @Override
        public void known(int tokens) {
            guarded(() -> writing.listener().known(tokens));
        }

        @Override
        public void prompt(List<DrawnToken> tokens) {
            guarded(() -> writing.listener().prompt(tokens));
        }

        @Override
        public boolean token(int draw, DrawnToken token) {
            boolean[] more = {false};
            guarded(() -> more[0] = writing.listener().token(draw, token));
            return more[0];
        }

        @Override
        public void end(int draw, Ending ending) {
            if (--left == 0 && inside.remove(this)) turns.left(writing.adapters());
            guarded(() -> writing.listener().end(draw, ending));
        }

        @Override
        public void failed(RuntimeException why) {
            writing.cancel();
            try {
                writing.listener().failed(why);
            } catch (RuntimeException again) {
                LOG.log(Level.WARNING, "a request could not be told that it failed", again);
            }
        }

        /// Tells that all its texts were given up.
        void endAll() {
            for (int draw = 0; draw < writing.texts(); draw++) end(draw, new Ending(Ending.Why.CANCELLED, -1));
        }

        private void guarded(Runnable call) {
            try {
                call.run();
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "a request failed", e);
                failed(e);
            }
        }
    }

    /// Ends what is being written.
    @Override
    public void close() {
        closing = true;
        work.release();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
