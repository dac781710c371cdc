package dev.gradine.testkit.fuzz;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Memory taken from `begin` on. Java's own: all that this thread allocates. Beside it, on Linux: by how much the
/// largest resident size of the process exceeds the one at the beginning.
record MemoryUse(long allocated, long resident) {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path RESET = Path.of("/proc/self/clear_refs");
    private static final byte[] LARGEST_SIZE = {'5'};
    private static final boolean SEES_PROCESS = Files.isWritable(RESET);

    static MemoryUse begin() {
        return new MemoryUse(THREADS.getCurrentThreadAllocatedBytes(), SEES_PROCESS ? reset() : 0);
    }

    long bytes() {
        long java = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        return SEES_PROCESS ? Math.max(java, largest() - resident) : java;
    }

    /// Makes the largest size the present one.
    private static long reset() {
        try {
            Files.write(RESET, LARGEST_SIZE);
            return largest();
        } catch (IOException e) {
            return Long.MAX_VALUE; // not measured
        }
    }

    private static long largest() {
        try {
            String status = Files.readString(STATUS, StandardCharsets.ISO_8859_1);
            int at = status.indexOf("VmHWM:");
            return at < 0
                    ? 0
                    : 1024
                            * Long.parseLong(status.substring(at + 6, status.indexOf("kB", at))
                                    .strip());
        } catch (IOException e) {
            return 0;
        }
    }
}
