package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.List;

/// `mov` with its packing of parts, and `cvta` between the kinds of addresses.
final class Moves {

    private static final int N = Warp.LANES;

    private Moves() {}

    static Step mov(Form f) {
        PtxType type = f.takeType();
        if (type == PtxType.PRED) return Compare.predicates(f, "mov");
        f.finish(2);
        if (f.operand(1) instanceof Operand.Special(String name) && name.contains("clock")) return clock(f, type);
        if (f.isVector(0)) return unpack(f, type);
        if (f.isVector(1)) return pack(f, type);
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        return type.bytes() == 8
                ? Lanes.longs(d, a, (to, x) -> System.arraycopy(x, 0, to, 0, N))
                : Lanes.step(d, a, (to, x) -> System.arraycopy(x, 0, to, 0, N));
    }

    /// Time is what the launch has executed so far.
    private static Step clock(Form f, PtxType type) {
        int d = f.slot(0, type);
        boolean isLong = type.bytes() == 8;
        return (w, mask) -> {
            long now = w.block.executed();
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                if (isLong) w.q[d][lane] = now;
                else w.r[d][lane] = (int) now;
            }
        };
    }

    /// Two or four equal parts of a type, lowest first.
    private static PtxType part(Form f, PtxType type, int parts) {
        int bytes = type.bytes() / Math.max(parts, 1);
        if (parts * bytes != type.bytes() || bytes < 2) throw f.error(parts + " parts of " + type);
        return bytes == 2 ? PtxType.B16 : PtxType.B32;
    }

    private static Step unpack(Form f, PtxType type) {
        List<Operand> elements = f.elements(0);
        PtxType part = part(f, type, elements.size());
        int[] d = new int[elements.size()];
        for (int k = 0; k < d.length; k++) {
            d[k] = elements.get(k) instanceof Operand.Sink ? -1 : f.slot(elements.get(k), part, true);
        }
        int a = f.slot(1, type);
        boolean isLong = type.bytes() == 8;
        int bits = part.bytes() * 8;
        long outside = part.bytes() == 2 ? 0xffff : 0xffff_ffffL;
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long value = isLong ? w.q[a][lane] : w.r[a][lane];
                for (int k = 0; k < d.length; k++)
                    if (d[k] >= 0) w.r[d[k]][lane] = (int) ((value >>> (bits * k)) & outside);
            }
        };
    }

    private static Step pack(Form f, PtxType type) {
        List<Operand> elements = f.elements(1);
        PtxType part = part(f, type, elements.size());
        int[] a = elements.stream().mapToInt(e -> f.slot(e, part, true)).toArray();
        int d = f.slot(0, type);
        boolean isLong = type.bytes() == 8;
        int bits = part.bytes() * 8;
        long outside = part.bytes() == 2 ? 0xffff : 0xffff_ffffL;
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long value = 0;
                for (int k = 0; k < a.length; k++) value |= (w.r[a[k]][lane] & outside) << (bits * k);
                if (isLong) w.q[d][lane] = value;
                else w.r[d][lane] = (int) value;
            }
        };
    }

    /// `cvta.space` makes a generic address, `cvta.to.space` one of that kind of memory.
    static Step cvta(Form f) {
        boolean isTo = f.take("to");
        Space space = Memory.space(f);
        PtxType type = f.takeType();
        f.finish(2);
        if (type.bytes() != 8) throw f.error("expected u64");
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        long window = isTo ? -space.window : space.window;
        if (!isTo || space == Space.GLOBAL) {
            return Lanes.longs(d, a, (to, x) -> {
                for (int i = 0; i < N; i++) to[i] = x[i] + window;
            });
        }
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long address = w.q[a][lane];
                if (Space.of(address) != space) {
                    throw w.fault(lane, address, "%s of address 0x%x".formatted(w.name(), address), "one of " + space);
                }
                w.q[d][lane] = address + window;
            }
        };
    }
}
