package dev.gradine.train.live;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// What one browser is being told, on a thread of its own. A browser that went away, or does not read for
/// too long, loses its thread; nobody else waits for it.
final class EventStream {

    /// Between two looks at the files.
    static final Duration PAUSE = Duration.ofMillis(400);

    /// Between two looks at figures and tables, which cost more to draw than points.
    private static final Duration DRAWN = Duration.ofSeconds(2);

    /// A comment after so long in which nothing was new: it finds out whether somebody is still there.
    private static final Duration PING = Duration.ofSeconds(3);

    private final View view;
    private final ReentrantLock reading;
    private final Cursor cursor;
    private final OutputStream out;
    private final Thread thread = Thread.currentThread();
    private volatile long busySince; // 0 while it does not write
    private final CountDownLatch ended = new CountDownLatch(1);

    /// @param reading held while the view is read: its runs are those of other streams, too
    /// @param steps what the browser has; see [Cursor]
    EventStream(View view, ReentrantLock reading, List<Long> steps, OutputStream out) {
        this.view = view;
        this.reading = reading;
        this.out = out;
        cursor = new Cursor(view, steps);
    }

    /// Tells what is new until the browser goes, or `end` is called; then once more, and that it is over.
    void run() throws IOException, InterruptedException {
        send("retry: 1000\n\n");
        long quietSince = System.nanoTime();
        long drawnAt = quietSince - DRAWN.toNanos();
        while (true) {
            boolean last = ended.getCount() == 0;
            boolean draws = last || System.nanoTime() - drawnAt >= DRAWN.toNanos();
            if (draws) drawnAt = System.nanoTime();
            List<Cursor.Event> events = news(draws);
            for (Cursor.Event e : events) send(e.text());
            if (last) break;
            long now = System.nanoTime();
            if (!events.isEmpty()) quietSince = now;
            if (now - quietSince > PING.toNanos()) {
                send(": still here\n\n");
                quietSince = now;
            }
            ended.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
        send("event: end\ndata: {}\n\n");
    }

    private List<Cursor.Event> news(boolean draws) {
        reading.lock();
        try {
            view.refresh();
            return draws ? cursor.next() : cursor.points();
        } finally {
            reading.unlock();
        }
    }

    private void send(String text) throws IOException {
        busySince = System.nanoTime();
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        busySince = 0;
    }

    /// Says that the run has ended: what is new is told a last time.
    void end() {
        ended.countDown();
    }

    /// Gives up on a browser that has not read for so long.
    void dropIfStuck(Duration limit) {
        long since = busySince;
        if (since != 0 && System.nanoTime() - since > limit.toNanos()) drop();
    }

    /// Takes the thread away; the connection closes with it.
    void drop() {
        thread.interrupt();
    }
}
