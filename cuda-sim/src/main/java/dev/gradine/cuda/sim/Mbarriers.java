package dev.gradine.cuda.sim;

import java.util.HashMap;
import java.util.Map;

/// The mbarriers of a block: objects of eight bytes in shared memory that count arrivals of threads and
/// bytes of copies.
///
/// A phase is complete when as many have arrived as was said at the beginning, and as many bytes were
/// copied as were announced; then the next one begins, with the same number of arrivals to come. Those
/// who wait name the phase by its parity, or by what their own arrival returned. What the arrivals had
/// done, and the copies, happens before what those do who found the phase complete.
final class Mbarriers {

    /// Largest number of arrivals, and of bytes that may be announced and not copied or the other way
    /// round.
    static final int MOST = (1 << 20) - 1;

    private static final int BYTES = 8;

    private final Block block;
    private final Map<Integer, Mbarrier> byAddress = new HashMap<>();
    private final Map<Integer, Integer> engines = new HashMap<>();

    /// Grows with everything that may let others go on.
    private long changes;

    Mbarriers(Block block) {
        this.block = block;
    }

    /// One of them.
    static final class Mbarrier {
        final int address;
        /// The engine whose copies it counts.
        final int engine;

        private final int expected;
        private final long made;
        private final int[] clock;
        private int[] done;
        private int arrivals;
        private long bytes;
        private int phase;

        private Mbarrier(int address, int engine, int expected, long made, Order order) {
            this.address = address;
            this.engine = engine;
            this.expected = expected;
            this.made = made;
            clock = order.clock();
            done = order.clock();
            arrivals = expected;
        }

        /// Number of the phase that is under way.
        int phase() {
            return phase;
        }

        @Override
        public String toString() {
            return "mbarrier 0x%x (phase %d lacks %d of %d arrivals and %,d bytes)"
                    .formatted(address, phase, arrivals, expected, bytes);
        }
    }

    void reset() {
        byAddress.clear();
        engines.clear();
        changes = 0;
    }

    long changes() {
        return changes;
    }

    /// Something happened that may let others go on.
    void changed() {
        changes++;
    }

    /// `mbarrier.init`.
    void init(Warp w, int lane, int address, int count) {
        if (count < 1 || count > MOST) {
            throw w.fault(lane, address, "mbarrier.init for %d arrivals".formatted(count), "1 to " + MOST);
        }
        int number = engines.computeIfAbsent(address, _ -> engines.size());
        if (number >= Engine.MBARRIERS) {
            throw w.fault(lane, address, "a mbarrier more than " + Engine.MBARRIERS, "fewer");
        }
        long made = block.order.stamp(w.index * Warp.LANES + lane);
        byAddress.put(address, new Mbarrier(address, Engine.loads(number), count, made, block.order));
        changes++;
    }

    /// Whether there is room for a new one.
    void requireFree(Warp w, int lane, int address) {
        Mbarrier there = byAddress.get(address);
        if (there == null) return;
        throw w.fault(lane, address, "mbarrier.init where %s is".formatted(there), "mbarrier.inval before it");
    }

    /// `mbarrier.inval`.
    void invalidate(Warp w, int lane, int address) {
        at(w, lane, address);
        byAddress.remove(address);
    }

    /// The mbarrier that a lane uses.
    Mbarrier at(Warp w, int lane, int address) {
        Mbarrier m = byAddress.get(address);
        if (m == null) {
            throw w.fault(
                    lane,
                    address,
                    "%s of shared memory at 0x%x, where there is no mbarrier".formatted(w.name(), address),
                    "mbarrier.init before it");
        }
        if (!block.order.isBefore(m.made, w.index * Warp.LANES + lane)) {
            throw w.fault(
                    lane,
                    address,
                    "race: %s of mbarrier 0x%x that %s has initialised"
                            .formatted(w.name(), address, block.order.name(m.made)),
                    "a barrier between the two");
        }
        return m;
    }

    /// A mbarrier that lies in `count` bytes from `at` on, as text; empty if there is none.
    String within(int at, int count) {
        if (byAddress.isEmpty()) return "";
        for (int a = at / BYTES * BYTES; a < at + count; a += BYTES) {
            Mbarrier m = byAddress.get(a);
            if (m != null) return m.toString();
        }
        return "";
    }

    /// A lane arrives `count` times.
    void arrive(Warp w, int lane, Mbarrier m, int count) {
        if (count < 1 || count > m.arrivals) {
            throw w.fault(
                    lane, m.address, "%s %d times at %s".formatted(w.name(), count, m), "no more than it waits for");
        }
        block.order.release(w.index, 1 << lane, w.live(), m.clock);
        m.arrivals -= count;
        complete(m);
    }

    /// All lanes in `mask` arrive, once each.
    ///
    /// @return whether they did; if not, they have to one by one
    boolean arriveTogether(Warp w, int mask, Mbarrier m) {
        int count = Integer.bitCount(mask);
        if (count > m.arrivals) return false;
        block.order.release(w.index, mask, w.live(), m.clock);
        m.arrivals -= count;
        complete(m);
        return true;
    }

    /// A lane announces bytes.
    void expect(Warp w, int lane, Mbarrier m, int bytes) {
        if (bytes < 0 || m.bytes + bytes > MOST) {
            throw w.fault(
                    lane,
                    m.address,
                    "%s announces %,d bytes at %s".formatted(w.name(), bytes, m),
                    "at most %,d together".formatted(MOST));
        }
        m.bytes += bytes;
        changes++;
    }

    /// A copy has brought bytes.
    void copied(Mbarrier m, int bytes) {
        block.order.release(m.engine, m.clock);
        m.bytes -= bytes;
        complete(m);
    }

    private void complete(Mbarrier m) {
        changes++;
        if (m.arrivals != 0 || m.bytes != 0) return;
        m.done = m.clock.clone();
        m.arrivals = m.expected;
        m.phase++;
    }

    /// Whether the phase of that parity is complete: the last one that was.
    boolean isComplete(Mbarrier m, int parity) {
        return (m.phase & 1) != parity;
    }

    /// The lanes in `mask` have found a phase complete.
    void acquire(Warp w, int mask, Mbarrier m) {
        block.order.acquire(w.index, mask, w.live(), m.done);
    }
}
