package dev.gradine.tensor.memory;

import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Memory that is taken like a stack and kept from step to step: once a step has run, the next one of its size
/// allocates nothing and touches no new page.
///
/// It grows by chunks. What is left at the end of a chunk when the next one begins serves whatever still fits there.
///
/// Memory that checks bounds is not cut: there every piece is an allocation of its own, freed at the reset.
final class Slab {

    private static final long FIRST_CHUNK = 4L << 20;
    private static final long LARGEST_CHUNK = 32L << 20; // of the last one, half lies idle on average

    /// How far the slab was used when a lifetime began.
    record Mark(int chunk, long used, long total, List<Piece> rest, int single) {}

    private record Piece(long address, long bytes) {}

    private final RawMemory raw;
    private final List<Piece> chunks = new ArrayList<>();
    private final List<Piece> rest = new ArrayList<>(); // unused ends of the chunks before the present one
    private final List<Long> singles = new ArrayList<>(); // what memory that checks bounds gave out, uncut
    private int chunk; // the one allocated from
    private long used; // bytes of it
    private long peak;
    private long total; // bytes in use

    Slab(RawMemory raw) {
        this.raw = raw;
    }

    /// What a tensor of `bytes` bytes takes.
    long rounded(long bytes) {
        long least = raw.checksBounds() ? 1 : Tensor.ALIGNMENT;
        return Math.max(least, (bytes + least - 1) & -least);
    }

    /// Address of `bytes` uninitialised bytes, aligned to a cache line.
    ///
    /// @param bytes what `rounded` returned
    long take(long bytes) {
        total += bytes;
        peak = Math.max(peak, total);
        if (raw.checksBounds()) {
            singles.add(raw.allocate(bytes));
            return singles.getLast();
        }
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
        chunks.add(new Piece(raw.allocate(size), size));
    }

    Mark mark() {
        return new Mark(chunk, used, total, List.copyOf(rest), singles.size());
    }

    /// Gives back all that was taken since `mark`.
    void reset(Mark mark) {
        chunk = mark.chunk();
        used = mark.used();
        total = mark.total();
        rest.clear();
        rest.addAll(mark.rest());
        while (singles.size() > mark.single()) raw.free(singles.removeLast());
    }

    long bytesInUse() {
        return total;
    }

    /// Most bytes that were in use at once.
    long peakBytes() {
        return peak;
    }

    void forget(long address, long bytes) {
        raw.forget(address, bytes);
    }
}
