package dev.gradine.train;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The most memory this process has held so far.
///
/// Read again after each step, it rises or stays; mapped weight files count with the pages that were touched.
///
/// @param mb in units of 1024² bytes
/// @param source what was measured, since not every system tells the same
public record PeakMemory(double mb, Source source) {

    /// What the number is.
    public enum Source {
        /// High-water mark of the resident set, kept by the kernel (`VmHWM`): all there is.
        RESIDENT_PEAK,
        /// For systems without `/proc`: the sum of the heap pools' peaks and of the NIO buffers as they are now.
        /// Memory of arenas, where tensors live, is not in it, so it is far below what the process holds.
        HEAP_AND_BUFFERS_WITHOUT_ARENAS
    }

    private static final Path STATUS = Path.of("/proc/self/status");

    /// The peak up to this moment.
    public static PeakMemory now() {
        if (!Files.isReadable(STATUS)) return heapAndBuffers();
        try {
            return new PeakMemory(highWaterMb(Files.readAllLines(STATUS)), Source.RESIDENT_PEAK);
        } catch (IOException e) {
            throw new IllegalStateException(STATUS + ": cannot be read (" + e + ")", e);
        }
    }

    /// `VmHWM:   123456 kB`, where the kernel's kB is 1024 bytes.
    static double highWaterMb(List<String> status) {
        for (String line : status) {
            if (!line.startsWith("VmHWM:")) continue;
            String[] words = line.substring("VmHWM:".length()).strip().split("\\s+", -1);
            if (words.length == 2 && words[1].equals("kB")) return Long.parseLong(words[0]) / 1024.0;
            throw new IllegalStateException(STATUS + ": line is \"" + line + "\", expected a number of kB");
        }
        throw new IllegalStateException(STATUS + ": has no line VmHWM");
    }

    static PeakMemory heapAndBuffers() {
        long bytes = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) bytes += pool.getPeakUsage().getUsed();
        }
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            bytes += pool.getMemoryUsed();
        }
        return new PeakMemory(bytes / (1024.0 * 1024.0), Source.HEAP_AND_BUFFERS_WITHOUT_ARENAS);
    }
}
