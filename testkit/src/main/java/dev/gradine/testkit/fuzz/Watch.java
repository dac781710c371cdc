package dev.gradine.testkit.fuzz;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/// Ends the process if one file is read for much too long, and says which and where: no exception would.
final class Watch {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GLANCE = Duration.ofSeconds(1);
    private static final int FRAMES = 30;

    private final Thread reader;
    private final PrintStream out;
    private volatile String file = "";
    private volatile long since = System.nanoTime();

    private Watch(Thread reader, PrintStream out) {
        this.reader = reader;
        this.out = out;
    }

    /// Watches the calling thread.
    static Watch start(PrintStream out) {
        Watch watch = new Watch(Thread.currentThread(), out);
        Thread.ofPlatform().daemon().name("watch").start(watch::look);
        return watch;
    }

    /// The next file is read from now on.
    void next(String name) {
        file = name;
        since = System.nanoTime();
    }

    private void look() {
        while (System.nanoTime() - since < PATIENCE.toNanos()) LockSupport.parkNanos(GLANCE.toNanos());
        out.printf("%s: read for %d s and still%n", file, PATIENCE.toSeconds());
        Arrays.stream(reader.getStackTrace()).limit(FRAMES).forEach(f -> out.println("    at " + f));
        out.flush();
        Runtime.getRuntime().halt(1);
    }
}
