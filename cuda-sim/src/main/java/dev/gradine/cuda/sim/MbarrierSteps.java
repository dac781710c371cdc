package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Accesses.Kind;
import dev.gradine.cuda.sim.Mbarriers.Mbarrier;
import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;

/// `mbarrier.*`. A test that fails lets others run: the lanes go on when nothing else can.
final class MbarrierSteps {

    private static final int BYTES = 8;

    private MbarrierSteps() {}

    static Step step(Form f) {
        String what = f.takeFirst();
        return switch (what) {
            case "init" -> init(f);
            case "inval" -> invalidate(f);
            case "arrive" -> arrive(f);
            case "expect_tx" -> expect(f);
            case "test_wait", "try_wait" -> test(f, what.equals("try_wait"));
            default -> throw f.error("." + what + ", expected init, inval, arrive, expect_tx, test_wait or try_wait");
        };
    }

    /// Shared memory, by an address in it or a generic one.
    private static Space space(Form f) {
        String name = f.takeOne("", "shared", "shared::cta", "shared::cluster");
        return name.isEmpty() ? Space.GENERIC : Space.SHARED;
    }

    private static void order(Form f) {
        if (f.take("relaxed")) throw f.error(".relaxed, expected an operation that orders accesses");
        f.ignore("release", "acquire", "cta", "cluster");
    }

    private static void finish(Form f, int operands) {
        if (!f.take("b64")) throw f.error("expected .b64");
        f.finish(operands);
    }

    /// Finds the mbarriers that the lanes name; returns the offset of the first.
    static int locate(Warp w, Target t, int mask) {
        w.accesses.resolve(t, mask, BYTES, Kind.NOTHING);
        int first = Integer.numberOfTrailingZeros(mask);
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            if (w.accesses.regions[lane] == w.block.shared) continue;
            throw w.fault(lane, w.accesses.addresses[lane], w.name() + " outside of shared memory", "an address in it");
        }
        return w.accesses.offsets[first];
    }

    private static Step init(Form f) {
        Space space = space(f);
        finish(f, 2);
        Target t = f.target(0, space);
        int count = f.slot(1, PtxType.U32);
        return (w, mask) -> {
            locate(w, t, mask);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.block.mbarriers.requireFree(w, lane, w.accesses.offsets[lane]);
            }
            w.accesses.resolve(t, mask, BYTES, Kind.WRITES);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.block.mbarriers.init(w, lane, w.accesses.offsets[lane], w.r[count][lane]);
            }
        };
    }

    private static Step invalidate(Form f) {
        Space space = space(f);
        finish(f, 1);
        Target t = f.target(0, space);
        return (w, mask) -> {
            locate(w, t, mask);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.block.mbarriers.invalidate(w, lane, w.accesses.offsets[lane]);
            }
        };
    }

    /// `mbarrier.arrive{.expect_tx}{.release.cta}{.shared::cta}.b64 state, [address]{, count or bytes}`.
    private static Step arrive(Form f) {
        boolean announces = f.take("expect_tx");
        order(f);
        Space space = space(f);
        finish(f, f.count());
        if (f.count() < (announces ? 3 : 2) || f.count() > 3) throw f.error(f.count() + " operands, expected 2 or 3");
        int state = f.operand(0) instanceof Operand.Sink ? -1 : f.slot(0, PtxType.B64);
        Target t = f.target(1, space);
        int number = f.count() == 3 ? f.slot(2, PtxType.U32) : -1;
        return (w, mask) -> {
            locate(w, t, mask);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                Mbarrier at = w.block.mbarriers.at(w, lane, w.accesses.offsets[lane]);
                if (state >= 0) w.q[state][lane] = at.phase();
                if (announces) w.block.mbarriers.expect(w, lane, at, w.r[number][lane]);
                int same = number < 0 ? same(w, mask) : 0;
                if (m == mask && same == mask && w.block.mbarriers.arriveTogether(w, mask, at)) {
                    if (state >= 0) keep(w.q[state], mask, w.q[state][lane]);
                    return;
                }
                w.block.mbarriers.arrive(w, lane, at, announces || number < 0 ? 1 : w.r[number][lane]);
            }
        };
    }

    private static void keep(long[] values, int mask, long value) {
        for (int m = mask; m != 0; m &= m - 1) values[Integer.numberOfTrailingZeros(m)] = value;
    }

    /// The lanes that have the address of the first one.
    private static int same(Warp w, int mask) {
        int first = w.accesses.offsets[Integer.numberOfTrailingZeros(mask)];
        int same = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            if (w.accesses.offsets[lane] == first) same |= 1 << lane;
        }
        return same;
    }

    /// `mbarrier.expect_tx{.relaxed.cta}{.shared::cta}.b64 [address], bytes`.
    private static Step expect(Form f) {
        f.ignore("relaxed", "cta", "cluster");
        Space space = space(f);
        finish(f, 2);
        Target t = f.target(0, space);
        int bytes = f.slot(1, PtxType.U32);
        return (w, mask) -> {
            locate(w, t, mask);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                Mbarrier at = w.block.mbarriers.at(w, lane, w.accesses.offsets[lane]);
                w.block.mbarriers.expect(w, lane, at, w.r[bytes][lane]);
            }
        };
    }

    /// `mbarrier.{test,try}_wait{.parity}{.acquire.cta}{.shared::cta}.b64 p, [address], state or parity{,
    /// hint}`.
    private static Step test(Form f, boolean mayTakeHint) {
        boolean byParity = f.take("parity");
        order(f);
        Space space = space(f);
        finish(f, f.count());
        if (f.count() < 3 || f.count() > (mayTakeHint ? 4 : 3)) throw f.error(f.count() + " operands, expected 3");
        int p = f.predicate(0);
        Target t = f.target(1, space);
        int phase = f.slot(2, byParity ? PtxType.U32 : PtxType.B64);
        return (w, mask) -> {
            locate(w, t, mask);
            int yes = 0;
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                Mbarrier at = w.block.mbarriers.at(w, lane, w.accesses.offsets[lane]);
                int parity = byParity ? w.r[phase][lane] : (int) w.q[phase][lane] & 1;
                if ((parity & ~1) != 0) throw w.fault(lane, at.address, w.name() + " of parity " + parity, "0 or 1");
                if (w.block.mbarriers.isComplete(at, parity)) yes |= 1 << lane;
            }
            if (yes != 0 && mayTakeHint && w.block.hesitates()) yes = 0;
            acquire(w, yes);
            Compare.set(w, p, yes, mask);
            if (yes != mask) {
                int lane = Integer.numberOfTrailingZeros(mask & ~yes);
                w.poll(w.block.mbarriers.at(w, lane, w.accesses.offsets[lane]));
            }
        };
    }

    private static void acquire(Warp w, int mask) {
        for (int left = mask; left != 0; ) {
            int same = same(w, left);
            int lane = Integer.numberOfTrailingZeros(left);
            w.block.mbarriers.acquire(w, same, w.block.mbarriers.at(w, lane, w.accesses.offsets[lane]));
            left &= ~same;
        }
    }
}
