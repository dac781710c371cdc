package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Mbarriers.Mbarrier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// The copies between global and shared memory of a block by the copy engine, that a thread starts and
/// nobody has waited for.
///
/// What comes to shared memory is held back until its copy ends, at some time of the scheduler's choice,
/// and is counted by an mbarrier then. What goes to global memory is written at once; who started it
/// waits for it by groups.
final class BulkCopies {

    private final Block block;
    private final List<Load> loads = new ArrayList<>();
    /// When the last copy that an mbarrier counts has ended.
    private final Map<Mbarrier, Integer> ended = new LinkedHashMap<>();

    private final Map<Integer, Stores> stores = new HashMap<>();

    BulkCopies(Block block) {
        this.block = block;
    }

    /// Bytes on their way to shared memory.
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    private record Load(int to, byte[] bytes, Mbarrier counts) {}

    /// What a thread has sent from shared memory.
    private static final class Stores {
        /// By copy, oldest first: its group, and the time of its reads.
        private final Deque<int[]> copies = new ArrayDeque<>();

        private int groups;
        /// Groups whose reads were waited for.
        private int read;
    }

    void reset() {
        loads.clear();
        ended.clear();
        stores.clear();
    }

    /// A lane starts a copy to shared memory.
    void load(Warp w, int lane, BulkSource source, long to, Mbarrier counts) {
        int bytes = source.bytes();
        int at = require(w, lane, source, to);
        if (isWatched()) {
            try {
                int thread = w.index * Warp.LANES + lane;
                block.shared.watcher().copyByEngine(block.order, thread, counts.engine, at, bytes);
            } catch (AccessException e) {
                throw w.fault(e, to);
            }
        }
        byte[] content = new byte[bytes];
        source.read(at, content);
        loads.add(new Load(at, content, counts));
    }

    /// A lane starts a copy from shared memory.
    void store(Warp w, int lane, BulkSource target, long from) {
        int at = require(w, lane, target, from);
        int thread = w.index * Warp.LANES + lane;
        if (isWatched()) {
            try {
                block.shared.watcher().requireReadable(block.order, thread, at, target.bytes());
                block.shared.watcher().readByEngine(block.order, Engine.reads(w.index), at, target.bytes());
            } catch (AccessException e) {
                throw w.fault(e, from);
            }
        }
        target.write(at, block.shared.bytes);
        Stores of = stores.computeIfAbsent(thread, _ -> new Stores());
        of.copies.add(new int[] {of.groups, block.order.past()});
    }

    private boolean isWatched() {
        return block.launch.run().options().isWatched();
    }

    /// The place in shared memory, if it is one for this.
    private int require(Warp w, int lane, BulkSource source, long address) {
        int bytes = source.bytes();
        String what = "%s of %,d bytes at 0x%x of shared memory".formatted(w.name(), bytes, address);
        if (address % source.align() != 0) {
            throw w.fault(lane, address, what, "an address that is a multiple of " + source.align());
        }
        if (!block.shared.holds(address, bytes)) {
            throw w.fault(
                    lane,
                    address,
                    "%s (it has %,d bytes)".formatted(what, block.shared.bytes.length),
                    "an address in it");
        }
        String mbarrier = block.mbarriers.within((int) address, bytes);
        if (!mbarrier.isEmpty()) throw w.fault(lane, address, what + ", where " + mbarrier + " is", "another place");
        return (int) address;
    }

    /// All copies to shared memory that are under way end.
    ///
    /// @return whether there were any
    boolean endAll() {
        if (loads.isEmpty()) return false;
        for (Load l : loads) end(l);
        loads.clear();
        return true;
    }

    /// One of them ends, if there is one.
    void endOne(Random random) {
        if (!loads.isEmpty()) end(loads.remove(random.nextInt(loads.size())));
    }

    private void end(Load l) {
        System.arraycopy(l.bytes, 0, block.shared.bytes, l.to, l.bytes.length);
        if (isWatched()) block.shared.watcher().arriveByEngine(block.order, l.counts.engine, l.to, l.bytes.length);
        block.mbarriers.copied(l.counts, l.bytes.length);
        ended.put(l.counts, block.order.past());
    }

    /// All threads have ended: of every copy to shared memory some must know that it had ended before.
    void finish() {
        for (Load l : loads) throw leftAlone(l.counts);
        ended.forEach((counts, time) -> {
            for (int thread = 0; thread < block.warps.length * Warp.LANES; thread++) {
                if (block.order.isBefore(counts.engine, time, thread)) return;
            }
            throw leftAlone(counts);
        });
    }

    private Fault leftAlone(Mbarrier counts) {
        return block.warps[0].fault(
                "all threads end and none has waited for a bulk copy to shared memory that %s counts".formatted(counts),
                "a wait for the phase before");
    }

    /// `cp.async.bulk.commit_group`.
    void commit(Warp w, int mask) {
        for (int m = mask; m != 0; m &= m - 1) {
            int thread = w.index * Warp.LANES + Integer.numberOfTrailingZeros(m);
            Stores of = stores.get(thread);
            if (of != null) of.groups++;
        }
    }

    /// `cp.async.bulk.wait_group{.read} n`: at most the `n` youngest groups stay under way.
    void await(Warp w, int mask, int n, boolean isRead) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            Stores of = stores.get(w.index * Warp.LANES + lane);
            if (of == null) continue;
            int time = 0;
            of.read = Math.max(of.read, of.groups - n);
            for (int[] copy : of.copies) if (copy[0] < of.groups - n) time = copy[1];
            if (!isRead) of.copies.removeIf(copy -> copy[0] < of.groups - n);
            if (time == 0) continue;
            block.order.await(w.index, 1 << lane, w.live(), Engine.reads(w.index), time);
            if (!isRead) block.order.await(w.index, 1 << lane, w.live(), Engine.writes(w.index), time);
        }
    }

    /// Threads end.
    void ended(Warp w, int mask) {
        if (stores.isEmpty()) return;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            Stores of = stores.get(w.index * Warp.LANES + lane);
            if (of == null) continue;
            for (int[] copy : of.copies) {
                if (copy[0] < of.read) continue;
                throw w.fault(
                        lane,
                        Fault.NO_ADDRESS,
                        "ends while a bulk copy from shared memory is under way",
                        "cp.async.bulk.commit_group and wait_group.read before it");
            }
        }
    }
}
