package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.Locale;

/// Instructions by which the lanes of a warp learn of each other: shuffles, votes, reductions.
final class WarpSteps {

    private static final int N = Warp.LANES;

    private WarpSteps() {}

    /// `shfl.sync.mode.b32 d[|p], a, b, c, members`.
    static Step shuffle(Form f) {
        if (!f.take("sync")) throw f.error("expected .sync");
        String name = f.takeFirst();
        if (!name.matches("up|down|bfly|idx")) throw f.error("mode ." + name + ", expected up, down, bfly or idx");
        Shuffle mode = Shuffle.valueOf(name.toUpperCase(Locale.ROOT));
        PtxType type = f.takeType();
        if (type.bytes() != 4) throw f.error("expected b32");
        f.finish(5);
        int d = f.slot(f.first(0), type, true);
        boolean hasValid = f.isPair(0) && !(f.second(0) instanceof Operand.Sink);
        int p = hasValid ? f.predicate(f.second(0)) : -1;
        int a = f.slot(1, type);
        int b = f.slot(2, PtxType.U32);
        int c = f.slot(3, PtxType.U32);
        int members = f.slot(4, PtxType.U32);
        return (w, mask) -> {
            if (!Control.meet(w, mask, members)) return;
            try {
                int valid = mode.move(mask, w.r[members], w.r[a], w.r[b], w.r[c], w.r[d]);
                if (p >= 0) Compare.set(w, p, valid, mask);
            } catch (AccessException e) {
                throw w.fault(e, Fault.NO_ADDRESS);
            }
        };
    }

    /// `vote.sync.ballot.b32 d, p, members` and `vote.sync.{all,any,uni}.pred d, p, members`.
    static Step vote(Form f) {
        if (!f.take("sync")) throw f.error("expected .sync");
        String mode = f.takeOne("", "all", "any", "uni", "ballot");
        PtxType type = f.takeType();
        f.finish(3);
        int p = f.guard(f.operand(1));
        int members = f.slot(2, PtxType.U32);
        boolean isBallot = mode.equals("ballot");
        if (mode.isEmpty() || isBallot != (type == PtxType.B32)) throw f.error("expected all, any, uni or ballot");
        int d = isBallot ? f.slot(0, type) : f.predicate(0);
        return (w, mask) -> {
            if (!Control.meet(w, mask, members)) return;
            int yes = (p > 0 ? w.p[p - 1] : ~w.p[-p - 1]) & mask;
            int result = 0;
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                int of = w.r[members][lane] & mask;
                if (isBallot) w.r[d][lane] = yes & of;
                else if (holds(mode, yes & of, of)) result |= 1 << lane;
            }
            if (!isBallot) Compare.set(w, d, result, mask);
        };
    }

    private static boolean holds(String mode, int yes, int of) {
        return switch (mode) {
            case "all" -> yes == of;
            case "any" -> yes != 0;
            default -> yes == of || yes == 0;
        };
    }

    static Step activemask(Form f) {
        f.take("b32");
        f.finish(1);
        int d = f.slot(0, PtxType.B32);
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) w.r[d][Integer.numberOfTrailingZeros(m)] = mask;
        };
    }

    /// `elect.sync d|p, members`: p is true in the lowest lane, d is its number.
    static Step elect(Form f) {
        if (!f.take("sync")) throw f.error("expected .sync");
        f.finish(2);
        int p = f.predicate(f.second(0));
        int d = f.first(0) instanceof Operand.Sink ? -1 : f.slot(f.first(0), PtxType.B32, true);
        int members = f.slot(1, PtxType.U32);
        return (w, mask) -> {
            if (!Control.meet(w, mask, members)) return;
            int result = 0;
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                int first = Integer.numberOfTrailingZeros(w.r[members][lane] & mask);
                if (lane == first) result |= 1 << lane;
                if (d >= 0) w.r[d][lane] = first;
            }
            Compare.set(w, p, result, mask);
        };
    }

    /// `redux.sync.op.type d, a, members`.
    static Step reduce(Form f) {
        if (!f.take("sync")) throw f.error("expected .sync");
        String op = f.takeFirst();
        PtxType type = f.takeType();
        f.finish(3);
        if (type.bytes() != 4 || type.isFloat()) throw f.error("expected a 32-bit integer type");
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int members = f.slot(2, PtxType.U32);
        Lanes.OneInt2 combine = Atomics.combine(f, op, type);
        return (w, mask) -> {
            if (!Control.meet(w, mask, members)) return;
            int[] values = w.r[a].clone();
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.r[d][lane] = reduce(values, w.r[members][lane] & mask, combine);
            }
        };
    }

    private static int reduce(int[] values, int members, Lanes.OneInt2 combine) {
        int result = values[Integer.numberOfTrailingZeros(members)];
        for (int m = members & (members - 1); m != 0; m &= m - 1) {
            result = combine.of(result, values[Integer.numberOfTrailingZeros(m)]);
        }
        return result;
    }

    /// `match.any.sync.b32 d, a, members`: the lanes with the same value; `match.all` also says whether those are all.
    static Step match(Form f) {
        boolean isAll = f.take("all");
        if (!isAll && !f.take("any")) throw f.error("expected .all or .any");
        if (!f.take("sync")) throw f.error("expected .sync");
        PtxType type = f.takeType();
        f.finish(3);
        int d = f.slot(f.first(0), PtxType.B32, true);
        int p = f.isPair(0) ? f.predicate(f.second(0)) : -1;
        int a = f.slot(1, type);
        boolean isLong = type.bytes() == 8;
        int members = f.slot(2, PtxType.U32);
        return (w, mask) -> {
            if (!Control.meet(w, mask, members)) return;
            long[] values = new long[N];
            for (int i = 0; i < N; i++) values[i] = isLong ? w.q[a][i] : w.r[a][i];
            int whole = 0;
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                int of = w.r[members][lane] & mask;
                int same = same(values, lane, of);
                if (same == of) whole |= 1 << lane;
                w.r[d][lane] = isAll && same != of ? 0 : same;
            }
            if (p >= 0) Compare.set(w, p, whole, mask);
        };
    }

    private static int same(long[] values, int lane, int members) {
        int same = 0;
        for (int m = members; m != 0; m &= m - 1) {
            int other = Integer.numberOfTrailingZeros(m);
            if (values[other] == values[lane]) same |= 1 << other;
        }
        return same;
    }
}
