package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Warp.State;
import java.util.Arrays;
import java.util.Random;
import java.util.StringJoiner;

/// The threads of one block while they run: their warps, shared memory and barriers.
final class Block {

    /// Instructions a warp executes in a row while others could run; any number is right.
    private static final int TURN = 1 << 14;

    /// How often warps ask in vain before nobody is believed to come.
    private static final int PATIENCE = 200;

    private static final int COPY_ODDS = 8;
    private static final int HESITATION_ODDS = 4;

    final Launch launch;
    final Region shared;
    final Warp[] warps;
    final Barriers barriers;
    final Order order;
    final AsyncCopies copies;
    final Mbarriers mbarriers;
    final BulkCopies bulkCopies;
    final Warpgroup[] warpgroups;
    int index;
    int x;
    int y;
    int z;

    private final Random random;
    private long instructions;

    Block(Launch launch) {
        this.launch = launch;
        byte[] bytes = new byte[launch.sharedBytes()];
        Shadow shadow = new Shadow("shared memory", 0, bytes.length);
        this.shared = new Region("shared memory", 0, bytes, shadow);
        this.order = new Order(launch.warps());
        this.copies = new AsyncCopies(launch.warps() * Warp.LANES, bytes, shadow, order);
        this.warps = new Warp[launch.warps()];
        this.barriers = new Barriers(this);
        this.mbarriers = new Mbarriers(this);
        this.bulkCopies = new BulkCopies(this);
        this.warpgroups = new Warpgroup[Math.ceilDiv(warps.length, Warpgroup.WARPS)];
        for (int i = 0; i < warpgroups.length; i++) warpgroups[i] = new Warpgroup(this, i);
        this.random = new Random(launch.run().options().schedule().seed());
        for (int i = 0; i < warps.length; i++) warps[i] = new Warp(this, i);
    }

    /// Runs the block of that index to its end.
    ///
    /// @param first number of the launch's first block, counted over all launches
    void run(long first, int blockIndex) {
        index = blockIndex;
        x = blockIndex % launch.grid().x();
        y = blockIndex / launch.grid().x() % launch.grid().y();
        z = blockIndex / launch.grid().x() / launch.grid().y();
        instructions = 0;
        for (Warp w : warps) w.reset();
        barriers.reset();
        order.start(first, blockIndex);
        copies.clear();
        mbarriers.reset();
        bulkCopies.reset();
        for (Warpgroup g : warpgroups) g.reset();
        shared.forget();
        Arrays.fill(shared.bytes, (byte) 0xff);
        if (launch.run().options().schedule().isRandom()) runByChance();
        else runInTurn();
        deadlock();
        bulkCopies.finish();
    }

    /// Copies to shared memory end when every warp has had its turn: as late as they may.
    private void runInTurn() {
        boolean moved = true;
        while (moved && !isStuck()) {
            moved = false;
            for (Warp w : warps) {
                if (w.state != State.READY) continue;
                spend(w, w.run(TURN, false));
                moved = true;
            }
            moved |= bulkCopies.endAll();
        }
    }

    private void runByChance() {
        int[] ready = new int[warps.length];
        int count = ready(ready);
        while (count > 0 && !isStuck()) {
            if (random.nextInt(COPY_ODDS) == 0) bulkCopies.endOne(random);
            Warp w = warps[ready[random.nextInt(count)]];
            spend(w, w.run(1 + random.nextInt(64), true));
            count = ready(ready);
        }
    }

    /// Whether all warps that can run have asked again and again in vain, and nothing has changed since.
    private boolean isStuck() {
        for (Warp w : warps) if (w.state == State.READY && w.askedInVain() < PATIENCE) return false;
        return true;
    }

    /// Whether a wait for an mbarrier returns before the phase is complete, or known to be: it may at any
    /// time.
    boolean hesitates() {
        return launch.run().options().schedule().isRandom() && random.nextInt(HESITATION_ODDS) == 0;
    }

    /// Warp instructions so far, of all turns that have ended.
    long executed() {
        return instructions;
    }

    private int ready(int[] into) {
        int count = 0;
        for (int i = 0; i < warps.length; i++) if (warps[i].state == State.READY) into[count++] = i;
        return count;
    }

    private void spend(Warp w, long executed) {
        instructions += executed;
        long most = launch.run().options().instructions();
        if (instructions > most) {
            throw w.fault("the block executed more than %,d warp instructions".formatted(most), "an end");
        }
    }

    private void deadlock() {
        Warp waiting = null;
        StringJoiner who = new StringJoiner(", ");
        for (Warp w : warps) {
            if (w.state == State.DONE) continue;
            if (waiting == null) waiting = w;
            who.add("warp " + w.index + " " + w.waitsFor());
        }
        if (waiting != null) throw waiting.fault("deadlock: no warp can run, " + who + " wait", "the others to come");
    }

    String coordinates() {
        return "(%d, %d, %d)".formatted(x, y, z);
    }
}
