package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Accesses.Kind;
import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.PtxType;

/// `cp.async` and what waits for it.
final class AsyncSteps {

    private AsyncSteps() {}

    static Step step(Form f) {
        if (!f.take("async")) throw f.error("expected .async");
        if (f.take("bulk")) return BulkSteps.step(f);
        if (f.take("commit_group")) return commit(f);
        if (f.take("wait_group")) return await(f);
        if (f.take("wait_all")) return awaitAll(f);
        return copy(f);
    }

    /// `cp.async.{ca,cg}.shared.global [to], [from], size[, count]`: the bytes after `count` become
    /// zeros.
    private static Step copy(Form f) {
        boolean bypasses = f.take("cg");
        if (!bypasses && !f.take("ca")) throw f.error("expected .ca or .cg");
        if (!f.take("shared") && !f.take("shared::cta")) throw f.error("expected .shared");
        if (!f.take("global")) throw f.error("expected .global");
        f.ignore("L2::64B", "L2::128B", "L2::256B");
        f.finish(f.count());
        if (f.count() < 3 || f.count() > 4) throw f.error(f.count() + " operands, expected 3 or 4");
        Target to = f.target(0, Space.SHARED);
        Target from = f.target(1, Space.GLOBAL);
        int size = f.number(2);
        boolean fits = size == 16 || (!bypasses && (size == 4 || size == 8));
        if (!fits) throw f.error("size is " + size + ", expected 16" + (bypasses ? "" : ", 8 or 4"));
        int count = f.count() == 4 ? f.slot(3, PtxType.U32) : -1;
        return (w, mask) -> {
            w.accesses.resolve(to, mask, size, Kind.NOTHING);
            int whole = mask;
            for (int m = count < 0 ? 0 : mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                if (w.r[count][lane] != size) whole &= ~(1 << lane);
            }
            if (whole != 0) w.sources.resolve(from, whole, size, Kind.READS);
            start(w, whole, size, size);
            for (int m = mask & ~whole; m != 0; m &= m - 1) {
                part(w, from, Integer.lowestOneBit(m), size, w.r[count][Integer.numberOfTrailingZeros(m)]);
            }
        };
    }

    /// A copy of fewer bytes than it fills; of none, whose source need not exist.
    private static void part(Warp w, Target from, int bit, int size, int count) {
        int lane = Integer.numberOfTrailingZeros(bit);
        if (count < 0 || count > size) {
            throw w.fault(lane, Fault.NO_ADDRESS, w.name() + " of " + count + " bytes", "0 to " + size);
        }
        w.sources.resolvePart(from, lane, size, count);
        start(w, bit, size, count);
    }

    private static void start(Warp w, int mask, int size, int count) {
        int lane = 0;
        try {
            for (int m = mask; m != 0; m &= m - 1) {
                lane = Integer.numberOfTrailingZeros(m);
                int thread = w.index * Warp.LANES + lane;
                byte[] bytes = w.sources.regions[lane].bytes;
                w.block.copies.start(thread, w.accesses.offsets[lane], size, bytes, w.sources.offsets[lane], count);
            }
        } catch (AccessException e) {
            throw w.fault(e, w.accesses.addresses[lane]);
        }
    }

    private static Step commit(Form f) {
        f.finish(0);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) w.block.copies.commit(thread(w, m));
        };
    }

    private static Step await(Form f) {
        f.finish(1);
        int n = f.number(0);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) w.block.copies.await(thread(w, m), n);
        };
    }

    private static Step awaitAll(Form f) {
        f.finish(0);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) w.block.copies.awaitAll(thread(w, m));
        };
    }

    private static int thread(Warp w, int mask) {
        return w.index * Warp.LANES + Integer.numberOfTrailingZeros(mask);
    }
}
