package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;

/// Branches, ends, and barriers.
final class Control {

    private Control() {}

    static final Step EXIT = Warp::exit;

    static Step branch(Form f) {
        boolean isUniform = f.take("uni");
        f.finish(1);
        if (!(f.operand(0) instanceof Operand.Label label)) throw f.error("expected a label");
        int target = label.target();
        if (!isUniform) return (w, mask) -> w.branch(mask, target);
        return (w, mask) -> {
            if (mask != w.active) throw w.fault("bra.uni is taken by some lanes", "all of them or none");
            w.branch(mask, target);
        };
    }

    static Step exit(Form f) {
        f.ignore("uni");
        f.finish(0);
        return EXIT;
    }

    static Step trap(Form f) {
        f.finish(0);
        return (w, mask) -> {
            throw w.fault(Integer.numberOfTrailingZeros(mask), Fault.NO_ADDRESS, "trap", "another way");
        };
    }

    /// `bar.sync a[, b]`, `bar.arrive a, b`, `bar.warp.sync members`, and `barrier.cta` and `barrier`,
    /// their other names.
    static Step barrier(Form f) {
        f.ignore("cta", "aligned");
        if (f.take("warp")) return warpBarrier(f);
        boolean waits = f.take("sync");
        if (!waits && !f.take("arrive")) throw f.error("expected .sync or .arrive");
        f.finish(f.count());
        if (f.count() < (waits ? 1 : 2) || f.count() > 2) throw f.error(f.count() + " operands, expected 1 or 2");
        int id = f.slot(0, PtxType.U32);
        int threads = f.count() == 2 ? f.slot(1, PtxType.U32) : -1;
        return (w, mask) -> {
            if (!w.meet(mask, w.live())) return;
            int count = threads < 0 ? 0 : uniform(w, threads, mask);
            if (threads >= 0 && count == 0) throw w.fault("barrier for 0 threads", "a multiple of 32");
            w.block.barriers.arrive(w, uniform(w, id, mask), count, waits);
        };
    }

    private static Step warpBarrier(Form f) {
        if (!f.take("sync")) throw f.error("expected .sync");
        f.finish(1);
        int members = f.slot(0, PtxType.U32);
        return (w, mask) -> meet(w, mask, members);
    }

    /// Whether all lanes of the member masks in a register are here; each names its own lane. Lanes that
    /// have met know of each other's accesses.
    static boolean meet(Warp w, int mask, int register) {
        int[] members = w.r[register];
        int all = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            if (((members[lane] >>> lane) & 1) == 0) {
                String what = "executes %s whose member mask is 0x%08x".formatted(w.name(), members[lane]);
                throw w.fault(lane, Fault.NO_ADDRESS, what, "a mask with its own lane");
            }
            all |= members[lane];
        }
        if (!w.meet(mask, all & w.all())) return false;
        int left = mask;
        while (left != 0) {
            int group = members[Integer.numberOfTrailingZeros(left)] & w.all();
            w.block.order.meet(w.index, group, w.live());
            left &= ~group;
        }
        return true;
    }

    private static int uniform(Warp w, int register, int mask) {
        int[] values = w.r[register];
        int first = values[Integer.numberOfTrailingZeros(mask)];
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            if (values[lane] == first) continue;
            throw w.fault(
                    lane,
                    Fault.NO_ADDRESS,
                    "%s with %d, other lanes with %d".formatted(w.name(), values[lane], first),
                    "one value in all lanes");
        }
        return first;
    }

    /// Order between accesses, which happen in the order of the program here; `fence.proxy.async` shows
    /// the engines what a thread has written.
    static Step fence(Form f) {
        boolean isForEngines = f.take("proxy");
        if (isForEngines && !f.take("async")) throw f.error("expected .proxy.async");
        f.ignore("gl", "cta", "sys", "gpu", "sc", "acq_rel", "shared::cta", "global", "cluster");
        f.ignore("mbarrier_init", "release", "acquire");
        f.finish(0);
        return isForEngines ? (w, mask) -> w.block.order.fence(w.index, mask) : (w, mask) -> {};
    }

    /// `nanosleep`, `prefetch`, `discard` and other hints without an effect on values.
    static Step hint(Form f) {
        return (w, mask) -> {};
    }
}
