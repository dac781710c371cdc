package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Warp.State;

/// The sixteen named barriers of a block.
///
/// `bar.sync a, b` waits until b threads have arrived at barrier a, in whole warps; without b, all
/// threads of the block. `bar.arrive a, b` arrives and does not wait. Whoever ends without arriving at a
/// barrier of the whole block keeps the others from ever leaving it; GPUs forgive that in some cases,
/// the language does not.
final class Barriers {

    static final int COUNT = 16;

    /// That of a cluster, which has one block.
    private static final int CLUSTER = COUNT;

    private final Block block;
    private final int[] arrived = new int[COUNT + 1];
    private final int[] expected = new int[COUNT + 1];
    private final int[] warps = new int[COUNT + 1];
    /// Warps that have arrived at the cluster's barrier and not waited there yet.
    private int announced;

    Barriers(Block block) {
        this.block = block;
    }

    void reset() {
        for (int i = 0; i <= COUNT; i++) arrived[i] = expected[i] = warps[i] = 0;
        announced = 0;
    }

    private int allThreads() {
        return block.warps.length * Warp.LANES;
    }

    /// A warp arrives.
    ///
    /// @param id which barrier
    /// @param threads how many it is for, 0 for all
    /// @param waits whether the warp waits for the others
    void arrive(Warp w, int id, int threads, boolean waits) {
        require(w, id, threads);
        enter(w, id, threads, waits);
    }

    /// A warp arrives at the barrier of its cluster, or waits there, which it does after each arrival.
    void cluster(Warp w, boolean waits) {
        boolean hasArrived = ((announced >>> w.index) & 1) != 0;
        if (hasArrived != waits) {
            throw w.fault(
                    w.name() + (waits ? " without an arrival" : " a second time"),
                    "arrive and wait, one after the other");
        }
        announced ^= 1 << w.index;
        if (waits) enter(w, CLUSTER, 0, true);
    }

    private void enter(Warp w, int id, int threads, boolean waits) {
        int count = threads == 0 ? allThreads() : threads;
        if (arrived[id] > 0 && expected[id] != count) {
            throw w.fault(
                    "barrier %d is for %d threads here and for %d at an arrival before"
                            .formatted(id, count, expected[id]),
                    "one number");
        }
        if (threads == 0) requireAllThere(w, id);
        if (((warps[id] >>> w.index) & 1) != 0) {
            throw w.fault("arrives at barrier " + id + " a second time before it has opened", "one arrival per warp");
        }
        warps[id] |= 1 << w.index;
        expected[id] = count;
        arrived[id] += Warp.LANES;
        block.launch.run().counters().barriers++;
        block.order.arrive(id, w.index);
        block.mbarriers.changed();
        w.barrier = id;
        if (waits) w.state = State.WAITING;
        if (arrived[id] >= count) release(id);
    }

    private void require(Warp w, int id, int threads) {
        if (id < 0 || id >= COUNT) throw w.fault("barrier is " + id, "0 to 15");
        if (threads < 0 || threads % Warp.LANES != 0 || threads > allThreads()) {
            throw w.fault(
                    "barrier %d is for %d threads".formatted(id, threads),
                    "a multiple of 32, at most the %d of the block".formatted(allThreads()));
        }
    }

    private void requireAllThere(Warp w, int id) {
        for (Warp other : block.warps) {
            if (other.hasEndedThreads()) {
                throw w.fault(
                        "waits at barrier %d, and threads of warp %d have ended without it".formatted(id, other.index),
                        "all threads of the block at it");
            }
        }
    }

    private void release(int id) {
        arrived[id] = 0;
        warps[id] = 0;
        int waiting = 0;
        for (Warp w : block.warps) {
            if (w.state != State.WAITING || w.barrier != id) continue;
            w.state = State.READY;
            waiting |= 1 << w.index;
        }
        block.order.open(id, waiting);
    }

    /// A warp, or some threads of it, end: nobody may wait for them.
    void ended(Warp w) {
        for (Warp other : block.warps) {
            if (other.state != State.WAITING || expected[other.barrier] != allThreads()) continue;
            throw w.fault(
                    "ends while warp %d waits at barrier %d for all threads".formatted(other.index, other.barrier),
                    "all threads of the block at it");
        }
    }
}
