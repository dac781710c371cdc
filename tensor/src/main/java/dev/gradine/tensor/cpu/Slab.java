package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/// Memory that is taken like a stack and kept from step to step: once a step has run, the next one of its size
/// allocates nothing and touches no new page.
///
/// It grows by chunks. What is left at the end of a chunk when the next one begins serves whatever still fits there.
final class Slab implements AutoCloseable {

    private static final long FIRST_CHUNK = 4L << 20;
    private static final long LARGEST_CHUNK = 32L << 20; // of the last one, half lies idle on average

    /// How far the slab was used when a lifetime began.
    record Mark(int chunk, long used, long total, List<Piece> rest) {}

    private record Piece(long address, long bytes) {}

    private final Arena arena = Arena.ofShared();
    private final List<Piece> chunks = new ArrayList<>();
    private final List<Piece> rest = new ArrayList<>(); // unused ends of the chunks before the present one
    private int chunk; // the one allocated from
    private long used; // bytes of it
    private long peak;
    private long total; // bytes in use

    /// Address of `bytes` uninitialised bytes, aligned to a cache line.
    ///
    /// @param bytes a multiple of `Tensor.ALIGNMENT`
    long take(long bytes) {
        total += bytes;
        peak = Math.max(peak, total);
        int fit = smallestRest(bytes);
        if (fit >= 0) {
            Piece p = rest.remove(fit);
            leave(p.address() + bytes, p.bytes() - bytes);
            return p.address();
        }
        while (chunk < chunks.size() && used + bytes > chunks.get(chunk).bytes()) {
            Piece c = chunks.get(chunk++);
            leave(c.address() + used, c.bytes() - used);
            used = 0;
        }
        if (chunk == chunks.size()) grow(bytes);
        long address = chunks.get(chunk).address() + used;
        used += bytes;
        return address;
    }

    private int smallestRest(long bytes) {
        int best = -1;
        for (int i = 0; i < rest.size(); i++) {
            long have = rest.get(i).bytes();
            if (have >= bytes && (best < 0 || have < rest.get(best).bytes())) best = i;
        }
        return best;
    }

    private void leave(long address, long bytes) {
        if (bytes > 0) rest.add(new Piece(address, bytes));
    }

    private void grow(long bytes) {
        long next = chunks.isEmpty()
                ? FIRST_CHUNK
                : Math.min(LARGEST_CHUNK, 2 * chunks.getLast().bytes());
        long size = Math.max(bytes, next);
        chunks.add(new Piece(arena.allocate(size, Tensor.ALIGNMENT).address(), size));
    }

    Mark mark() {
        return new Mark(chunk, used, total, List.copyOf(rest));
    }

    /// Gives back all that was taken since `mark`.
    void reset(Mark mark) {
        chunk = mark.chunk();
        used = mark.used();
        total = mark.total();
        rest.clear();
        rest.addAll(mark.rest());
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
