package dev.gradine.gpu;

import java.lang.foreign.MemorySegment;

/// Device memory that holds small uploads until operations copy them to where they belong. A place is written again
/// only once those operations were started: a device works in order, so the copy has read it by then.
final class Staging {

    private static final long BYTES = 1 << 20;
    private static final long SMALL = 64 << 10;
    private static final long ALIGNMENT = 256;

    private final Gpu gpu;
    private long address;
    private long used;

    Staging(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Whether so many bytes are few, and there is room for them.
    boolean takes(long bytes) {
        return bytes <= SMALL && used + bytes <= BYTES;
    }

    /// Writes what `takes` has allowed.
    ///
    /// @return where it lies on the device
    long write(MemorySegment from) {
        if (address == 0) address = gpu.allocate(BYTES);
        long at = address + used;
        gpu.upload(from, at);
        used += (from.byteSize() + ALIGNMENT - 1) & -ALIGNMENT;
        return at;
    }

    /// What was written has been asked for: its place is free.
    void reuse() {
        used = 0;
    }

    void close() {
        if (address != 0) gpu.free(address);
    }
}
