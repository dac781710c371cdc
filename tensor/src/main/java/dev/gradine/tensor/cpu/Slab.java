package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/// Memory that is taken like a stack and kept from step to step: once a step has run, the next one of its size
/// allocates nothing and touches no new page.
final class Slab implements AutoCloseable {

    private static final long FIRST_CHUNK = 4L << 20;
    private static final long LARGEST_CHUNK = 64L << 20;

    /// How far the slab was used when a lifetime began.
    record Mark(int chunk, long used, long total) {}

    private record Chunk(long address, long bytes) {}

    private final Arena arena = Arena.ofShared();
    private final List<Chunk> chunks = new ArrayList<>();
    private int chunk; // the one allocated from
    private long used; // bytes of it
    private long peak;
    private long total; // bytes in use over all chunks, with what was lost at their ends

    /// Address of `bytes` uninitialised bytes, aligned to a cache line.
    long take(long bytes) {
        while (chunk < chunks.size() && used + bytes > chunks.get(chunk).bytes()) {
            total += chunks.get(chunk).bytes() - used;
            chunk++;
            used = 0;
        }
        if (chunk == chunks.size()) grow(bytes);
        long address = chunks.get(chunk).address() + used;
        used += bytes;
        total += bytes;
        peak = Math.max(peak, total);
        return address;
    }

    private void grow(long bytes) {
        long next = chunks.isEmpty()
                ? FIRST_CHUNK
                : Math.min(LARGEST_CHUNK, 2 * chunks.getLast().bytes());
        long size = Math.max(bytes, next);
        chunks.add(new Chunk(arena.allocate(size, Tensor.ALIGNMENT).address(), size));
    }

    Mark mark() {
        return new Mark(chunk, used, total);
    }

    /// Gives back all that was taken since `mark`.
    void reset(Mark mark) {
        chunk = mark.chunk();
        used = mark.used();
        total = mark.total();
    }

    long bytesInUse() {
        return total;
    }

    /// Most bytes that were in use at once.
    long peakBytes() {
        return peak;
    }

    @Override
    public void close() {
        arena.close();
    }
}
