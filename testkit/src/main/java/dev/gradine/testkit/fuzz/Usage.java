package dev.gradine.testkit.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What this thread has taken since `begin`.
///
/// ```
/// nanos = time passed − time that the thread waited for a processor         (the latter on Linux alone)
/// bytes = max(allocated in Java, largest − first resident size of the process)   (the latter on Linux alone)
/// ```
///
/// A busy machine makes a thread wait for a processor; sleeping, waiting for a file or for another thread counts.
record Usage(long start, long waited, long allocated, long resident) {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Path SCHEDULE = Path.of("/proc/thread-self/schedstat");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");
    private static final byte[] LARGEST_SIZE = {'5'};
    private static final boolean SEES_SCHEDULE = Files.isReadable(SCHEDULE);
    private static final boolean SEES_PROCESS = Files.isWritable(RESET);

    static Usage begin() {
        long resident = resetLargest();
        return new Usage(System.nanoTime(), waitedSoFar(), THREADS.getCurrentThreadAllocatedBytes(), resident);
    }

    long nanos() {
        return System.nanoTime() - start - (waitedSoFar() - waited);
    }

    long bytes() {
        return Math.max(THREADS.getCurrentThreadAllocatedBytes() - allocated, largest() - resident);
    }

    /// The second number of the line, in nanoseconds.
    private static long waitedSoFar() {
        return SEES_SCHEDULE ? Long.parseLong(read(SCHEDULE).split(" ", -1)[1]) : 0;
    }

    /// Makes the largest size the present one.
    private static long resetLargest() {
        if (!SEES_PROCESS) return 0;
        try {
            Files.write(RESET, LARGEST_SIZE);
        } catch (IOException e) {
            return Long.MAX_VALUE; // not allowed after all: nothing grows
        }
        return largest();
    }

    private static long largest() {
        if (!SEES_PROCESS) return 0;
        String status = read(STATUS);
        int at = status.indexOf("VmHWM:") + "VmHWM:".length();
        return 1024
                * Long.parseLong(status.substring(at, status.indexOf("kB", at)).strip());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalStateException("fuzz: " + file + " cannot be read", e);
        }
    }
}
