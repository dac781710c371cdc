package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ShadowPage.Change;
import dev.gradine.cuda.sim.ShadowPage.Verdict;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What is known of each byte of a piece of memory: whether it was written, who accessed it last, and
/// whether a `cp.async` to it is under way. Finds
///
/// * reads of bytes that nobody wrote,
/// * races: two accesses to a byte, at least one of them a write and not both atomic, that nothing
/// orders: no barrier, and for lanes of one warp no place where they meet; blocks of one launch are never
/// ordered,
/// * accesses to the destination of a copy before it was waited for.
///
/// Offsets are those in the memory; bounds and alignment are tested by whoever owns it. For one Java
/// thread.
final class Shadow {

    private static final int PAGE_BITS = 12;

    private final String name;
    private final long base;
    private final int bytes;
    private final @Nullable ShadowPage[] pages;
    /// Whether a page that does not exist yet was written by the host, all of it.
    private final boolean[] written;

    private @Nullable EngineReads engines;

    /// Memory of which nothing was written.
    ///
    /// @param name for messages, such as `shared memory`
    /// @param base address of its first byte, for messages
    Shadow(String name, long base, int bytes) {
        this.name = name;
        this.base = base;
        this.bytes = bytes;
        int count = (int) Math.ceilDiv((long) bytes, 1L << PAGE_BITS);
        pages = new ShadowPage[count];
        written = new boolean[count];
    }

    /// Nothing is written any more.
    void clear() {
        Arrays.fill(written, false);
        for (ShadowPage page : pages) if (page != null) page.fill(0);
        engines = null;
    }

    /// The host writes `count` bytes from offset `at` on.
    void initialise(int at, int count) {
        int end = at + count;
        int next = at;
        while (next < end) {
            int index = next >> PAGE_BITS;
            int pageStart = index << PAGE_BITS;
            int pageEnd = Math.min(bytes, (index + 1) << PAGE_BITS);
            if (next == pageStart && end >= pageEnd) {
                pages[index] = null;
                written[index] = true;
            } else {
                initialisePart(page(next), next, Math.min(end, pageEnd));
            }
            next = pageEnd;
        }
    }

    private static void initialisePart(ShadowPage page, int from, int to) {
        int next = from;
        while (next < to) {
            boolean whole = (next & 3) == 0 && next + 4 <= to;
            int word = word(next);
            if (!whole && page.unit(word) > 1) page.split(word, 1);
            int unit = page.unit(word);
            page.initialise(ShadowPage.entry(word, next & 3));
            next += unit;
        }
    }

    /// A thread reads `count` bytes, 1, 2, 4, 8 or 16, aligned to as many.
    ///
    /// @throws AccessException if it must not
    void read(Order order, int thread, int at, int count) {
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            int word = word(next);
            if (page.unit(word) > count) page.split(word, count);
            Verdict verdict = page.read(ShadowPage.entry(word, next & 3), order, thread);
            if (verdict != Verdict.FINE) throw exception("reads " + count + " bytes", order, thread, next, verdict);
            next += page.unit(word);
        }
    }

    /// A thread writes `count` bytes.
    ///
    /// @throws AccessException if it must not
    void write(Order order, int thread, int at, int count) {
        change(order, thread, at, count, Change.WRITE);
    }

    /// A thread reads and writes `count` bytes at once.
    ///
    /// @throws AccessException if it must not
    void update(Order order, int thread, int at, int count) {
        change(order, thread, at, count, Change.UPDATE);
    }

    /// A thread starts a `cp.async` to `count` bytes: until `arrive` nobody may touch them.
    ///
    /// @throws AccessException if it must not
    void copy(Order order, int thread, int at, int count) {
        change(order, thread, at, count, Change.COPY);
    }

    /// The thread that started a copy has waited for it.
    void arrive(Order order, int thread, int at, int count) {
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            page.arrive(ShadowPage.entry(word(next), next & 3), order, thread);
            next += page.unit(word(next));
        }
    }

    /// An engine is about to read `count` bytes because `thread` says so.
    ///
    /// @throws AccessException if nobody wrote them, if that is not known to the thread, or if whoever did has
    ///     not shown it to the engines
    void requireReadable(Order order, int thread, int at, int count) {
        long same = 0;
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            int unit = page.unit(word(next));
            int entry = ShadowPage.entry(word(next), next & 3 & -unit);
            if (page.writer(entry) != same || same == 0) {
                Verdict verdict = page.readable(entry, order, thread);
                if (verdict != Verdict.FINE) throw exception("reads " + unit + " bytes", order, thread, next, verdict);
                same = page.writer(entry);
            }
            next = (next & -unit) + unit;
        }
    }

    /// The same, of memory where what a thread starts is taken for its own read.
    void readForEngine(Order order, int thread, int at, int count) {
        requireReadable(order, thread, at, count);
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            int unit = page.unit(word(next));
            Verdict verdict = page.read(ShadowPage.entry(word(next), next & 3 & -unit), order, thread);
            if (verdict != Verdict.FINE) throw exception("reads " + unit + " bytes", order, thread, next, verdict);
            next = (next & -unit) + unit;
        }
    }

    /// An engine reads `count` bytes of what was found readable, until somebody has waited for it.
    void readByEngine(Order order, int engine, int at, int count) {
        if (engines == null) engines = new EngineReads(bytes);
        engines.read(order, engine, at, count);
    }

    /// A thread starts a copy by an engine to `count` bytes: until `arriveByEngine` nobody may touch
    /// them.
    ///
    /// @throws AccessException if it must not
    void copyByEngine(Order order, int thread, int engine, int at, int count) {
        requireNoReader(order, thread, at, count, Change.COPY);
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            int word = word(next);
            Verdict verdict = page.copy(ShadowPage.entry(word, next & 3), order, thread, engine);
            if (verdict != Verdict.FINE) throw exception("copies to " + count + " bytes", order, thread, next, verdict);
            next += page.unit(word);
        }
    }

    /// What an engine has copied is there, for those who have waited for it.
    void arriveByEngine(Order order, int engine, int at, int count) {
        arrive(order, engine, at, count);
    }

    private void requireNoReader(Order order, int thread, int at, int count, Change change) {
        if (engines == null) return;
        int engine = engines.reader(order, thread, at, count);
        if (engine == EngineReads.NOBODY) return;
        throw new AccessException(
                thread,
                "race: %s%d bytes of %s at 0x%x that %s reads"
                        .formatted(change.verb, count, name, base + at, Engine.name(engine)),
                "a wait for it by who started it, and a barrier or an mbarrier after that if it is another thread");
    }

    private void change(Order order, int thread, int at, int count, Change change) {
        requireNoReader(order, thread, at, count, change);
        for (int next = at; next < at + count; ) {
            ShadowPage page = page(next);
            int word = word(next);
            if (page.unit(word) > count) page.split(word, count);
            Verdict verdict = page.write(ShadowPage.entry(word, next & 3), order, thread, change);
            if (verdict != Verdict.FINE) throw exception(change.verb + count + " bytes", order, thread, next, verdict);
            next += page.unit(word);
        }
    }

    private static int word(int at) {
        return (at >> 2) & (ShadowPage.WORDS - 1);
    }

    private ShadowPage page(int at) {
        ShadowPage page = pages[at >> PAGE_BITS];
        return page != null ? page : add(at >> PAGE_BITS);
    }

    private ShadowPage add(int index) {
        ShadowPage page = new ShadowPage();
        if (written[index]) page.fill(ShadowPage.HOST);
        pages[index] = page;
        return page;
    }

    /// @param access what the thread does, such as `reads 4 bytes`
    /// @param at offset of the entry that must not be touched
    private AccessException exception(String access, Order order, int thread, int at, Verdict verdict) {
        ShadowPage page = page(at);
        int entry = ShadowPage.entry(word(at), at & 3);
        String what = "%s of %s at 0x%x".formatted(access, name, base + at);
        return switch (verdict) {
            case FINE -> throw new AssertionError(what);
            case UNWRITTEN ->
                new AccessException(
                        thread,
                        what + " that nobody has written",
                        "a write before it, and a barrier between the two if another thread writes");
            case UNFENCED ->
                new AccessException(
                        thread,
                        "an engine %s that %s wrote".formatted(what, order.name(page.writer(entry))),
                        "fence.proxy.async by whoever wrote, and a barrier after it if that is another thread");
            case PENDING -> pending(what, order, thread, page.writer(entry));
            case AFTER_WRITE ->
                race(what, order, thread, page.writer(entry), page.isUpdated(entry) ? "updated" : "wrote");
            case AFTER_READ -> race(what, order, thread, page.reader(entry), "read");
        };
    }

    private static AccessException pending(String what, Order order, int thread, long writer) {
        if (Engine.is(Order.thread(writer))) {
            return new AccessException(
                    thread,
                    what + " while a bulk copy to them is under way",
                    "a wait for the phase of the mbarrier that counts its bytes before it");
        }
        return new AccessException(
                thread,
                "%s while a cp.async of %s to them is under way".formatted(what, order.name(writer)),
                "cp.async.wait_group, and a barrier if it is another thread's, before it");
    }

    private static AccessException race(String what, Order order, int thread, long other, String verb) {
        String happened = "race: %s that %s %s".formatted(what, order.name(other), verb);
        boolean sameWarp = Order.thread(other) >> 5 == thread >> 5;
        if (order.isOurs(other) && Engine.is(Order.thread(other))) {
            return new AccessException(
                    thread, happened, "a wait for it, or a barrier after somebody else's wait, between the two");
        }
        String expected = !order.isOurs(other)
                ? "no use of what another block of the launch uses, unless it is read only or by atomics"
                : sameWarp ? "bar.warp.sync or a barrier between the two" : "a barrier between the two";
        return new AccessException(thread, happened, expected);
    }
}
