package dev.gradine.cuda.sim;

import java.util.Arrays;

/// Who wrote and who read each of 1024 words.
///
/// A word has one entry as long as it is accessed as a whole. The first access to a half or a byte of it
/// splits the entry, so that threads may write neighbouring bytes. Entries of the parts follow those of
/// the words, in planes: all bytes 0 (or words), all bytes 2, all bytes 1, all bytes 3.
final class ShadowPage {

    /// Words of a page.
    static final int WORDS = 1024;

    /// Written by the host before the launch.
    static final long HOST = 1;

    private static final long ATOMIC = 1L << Order.FLAGS;
    private static final long PENDING = 2L << Order.FLAGS;
    /// Of reads: other lanes of the first reader's warp, other warps, other blocks.
    private static final long LANES = 1L << Order.FLAGS;

    private static final long WARPS = 2L << Order.FLAGS;
    private static final long BLOCKS = 4L << Order.FLAGS;

    /// How an entry changes.
    enum Change {
        WRITE(0, "writes "),
        UPDATE(ATOMIC, "updates "),
        COPY(PENDING, "copies to ");

        private final long flag;
        final String verb;

        Change(long flag, String verb) {
            this.flag = flag;
            this.verb = verb;
        }
    }

    /// What is wrong with an access.
    enum Verdict {
        FINE,
        UNWRITTEN,
        PENDING,
        AFTER_WRITE,
        AFTER_READ,
        UNFENCED
    }

    /// Stamps of the last write and of the first read since; 0 is nobody.
    private long[] writes = new long[WORDS];

    private long[] reads = new long[WORDS];
    /// Warps of our block that have read, where there are several.
    private int[] readers = new int[WORDS];
    /// Halvings of each word: 0, 1, 2.
    private final byte[] splits = new byte[WORDS];

    void fill(long writer) {
        Arrays.fill(writes, writer);
        Arrays.fill(reads, 0);
        Arrays.fill(splits, (byte) 0);
    }

    /// Bytes of an entry of that word.
    int unit(int word) {
        return 4 >> splits[word];
    }

    /// The entry of a byte, which starts one.
    static int entry(int word, int offset) {
        return word + WORDS * (offset == 2 ? 1 : offset == 1 ? 2 : offset);
    }

    /// Gives the parts of a word, of `unit` bytes, entries of their own.
    void split(int word, int unit) {
        int planes = unit == 2 ? 2 : 4;
        if (writes.length < planes * WORDS) {
            writes = Arrays.copyOf(writes, planes * WORDS);
            reads = Arrays.copyOf(reads, planes * WORDS);
            readers = Arrays.copyOf(readers, planes * WORDS);
        }
        if (splits[word] == 0) copy(word, entry(word, 2));
        if (unit == 1) {
            copy(word, entry(word, 1));
            copy(entry(word, 2), entry(word, 3));
        }
        splits[word] = (byte) (unit == 2 ? 1 : 2);
    }

    private void copy(int from, int to) {
        writes[to] = writes[from];
        reads[to] = reads[from];
        readers[to] = readers[from];
    }

    /// The host writes an entry.
    void initialise(int entry) {
        writes[entry] = HOST;
        reads[entry] = 0;
    }

    /// A thread reads an entry.
    Verdict read(int entry, Order order, int thread) {
        long w = writes[entry];
        if (w == 0) return Verdict.UNWRITTEN;
        if (order.isRecent(w)) {
            Verdict v = afterWrite(w, order, thread);
            if (v != Verdict.FINE) return v;
        }
        long r = reads[entry];
        if (!order.isRecent(r)) reads[entry] = order.stamp(thread);
        else if ((r & BLOCKS) == 0) readAgain(entry, r, order, thread);
        return Verdict.FINE;
    }

    private void readAgain(int entry, long r, Order order, int thread) {
        boolean single = (r & (LANES | WARPS)) == 0;
        if (!order.isOurs(r)) {
            reads[entry] = r | BLOCKS;
        } else if (order.isCommon(r) || (single && order.isBefore(r, thread))) {
            reads[entry] = order.stamp(thread);
        } else if (Order.thread(r) >> 5 == thread >> 5) {
            reads[entry] = r | LANES;
        } else {
            readers[entry] = (r & WARPS) == 0 ? 1 << (thread >> 5) : readers[entry] | (1 << (thread >> 5));
            reads[entry] = r | WARPS;
        }
    }

    /// Whether an engine that a thread starts may read an entry.
    Verdict readable(int entry, Order order, int thread) {
        long w = writes[entry];
        if (w == 0) return Verdict.UNWRITTEN;
        if (!order.isRecent(w)) return Verdict.FINE;
        Verdict v = afterWrite(w, order, thread);
        return v == Verdict.FINE && isUnfenced(w, order, thread) ? Verdict.UNFENCED : v;
    }

    private static boolean isUnfenced(long w, Order order, int thread) {
        return !Engine.is(Order.thread(w)) && !order.isFenced(w, thread);
    }

    /// An engine that a thread starts is about to write an entry: until `arrive` nobody may touch it.
    Verdict copy(int entry, Order order, int thread, int engine) {
        long w = writes[entry];
        Verdict v = write(entry, order, thread, Change.COPY);
        if (v != Verdict.FINE) return v;
        if (order.isRecent(w) && isUnfenced(w, order, thread)) {
            writes[entry] = w;
            return Verdict.UNFENCED;
        }
        writes[entry] = order.stamp(engine) | PENDING;
        return Verdict.FINE;
    }

    /// A thread changes an entry.
    Verdict write(int entry, Order order, int thread, Change change) {
        long w = writes[entry];
        if (change == Change.UPDATE && w == 0) return Verdict.UNWRITTEN;
        boolean bothAtomic = change == Change.UPDATE && (w & ATOMIC) != 0;
        if (order.isRecent(w) && !bothAtomic) {
            Verdict v = afterWrite(w, order, thread);
            if (v != Verdict.FINE) return v;
        }
        long r = reads[entry];
        if (order.isRecent(r) && !isAfterReads(r, readers[entry], order, thread)) return Verdict.AFTER_READ;
        writes[entry] = order.stamp(thread) | change.flag;
        reads[entry] = 0;
        return Verdict.FINE;
    }

    /// The bytes of a copy arrive: from now on they are written by the thread that waited.
    void arrive(int entry, Order order, int thread) {
        writes[entry] = order.stamp(thread);
    }

    /// Stamp of the last write.
    long writer(int entry) {
        return writes[entry];
    }

    /// Stamp of the first read since.
    long reader(int entry) {
        return reads[entry];
    }

    /// Whether the last write was an atomic update.
    boolean isUpdated(int entry) {
        return (writes[entry] & ATOMIC) != 0;
    }

    private static Verdict afterWrite(long w, Order order, int thread) {
        if ((w & PENDING) != 0) return Verdict.PENDING;
        return order.isOurs(w) && order.isBefore(w, thread) ? Verdict.FINE : Verdict.AFTER_WRITE;
    }

    private static boolean isAfterReads(long r, int readers, Order order, int thread) {
        if (!order.isOurs(r) || (r & BLOCKS) != 0) return false;
        if (order.isCommon(r)) return true;
        int warp = thread >> 5;
        if (!order.isBefore(r, thread)) return false;
        if ((r & LANES) != 0 && !order.isBefore(r, Order.thread(r) >> 5, thread)) return false;
        if ((r & WARPS) == 0) return true;
        for (int m = readers; m != 0; m &= m - 1) {
            int w = Integer.numberOfTrailingZeros(m);
            if (w != warp && !order.isBefore(r, w, thread)) return false;
        }
        return true;
    }
}
