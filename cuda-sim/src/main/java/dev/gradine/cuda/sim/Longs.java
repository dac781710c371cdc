package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Lanes.Long2;
import dev.gradine.cuda.sim.ptx.PtxType;

/// Integer and logic instructions of 64 bits, and those that make 64 bits of 32.
final class Longs {

    private static final int N = Warp.LANES;

    private Longs() {}

    @FunctionalInterface
    private interface One {
        long of(long a, long b, long c);
    }

    private static Lanes.Long3 each(One f) {
        return (d, a, b, c) -> {
            for (int i = 0; i < N; i++) d[i] = f.of(a[i], b[i], c[i]);
        };
    }

    static Step one(Form f, String opcode, PtxType type) {
        Lanes.Long1 op = (d, a) -> {
            for (int i = 0; i < N; i++) d[i] = of1(f, opcode, a[i]);
        };
        of1(f, opcode, 0);
        f.finish(2);
        return Lanes.longs(f.slot(0, type), f.slot(1, type), op);
    }

    private static long of1(Form f, String opcode, long a) {
        return switch (opcode) {
            case "neg" -> -a;
            case "not" -> ~a;
            case "abs" -> Math.abs(a);
            case "brev" -> Long.reverse(a);
            case "cnot" -> a == 0 ? 1 : 0;
            default -> throw f.error("not known for 64-bit integers");
        };
    }

    static Step two(Form f, String opcode, PtxType type) {
        Long2 op = of2(f, opcode, type.isSigned());
        f.finish(3);
        return Lanes.longs(f.slot(0, type), f.slot(1, type), f.slot(2, type), op);
    }

    private static Long2 of2(Form f, String opcode, boolean isSigned) {
        return switch (opcode) {
            case "add" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] + b[i];
                };
            case "sub" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] - b[i];
                };
            case "mul.lo" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] * b[i];
                };
            case "and" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] & b[i];
                };
            case "or" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] | b[i];
                };
            case "xor" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] ^ b[i];
                };
            case "min" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = less(a[i], b[i], isSigned) ? a[i] : b[i];
                };
            case "max" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = less(b[i], a[i], isSigned) ? a[i] : b[i];
                };
            default -> throw f.error("not known for 64-bit integers");
        };
    }

    private static boolean less(long a, long b, boolean isSigned) {
        return isSigned ? a < b : Long.compareUnsigned(a, b) < 0;
    }

    static Step three(Form f, String opcode, PtxType type) {
        if (!opcode.equals("mad.lo")) throw f.error("not known for 64-bit integers");
        f.finish(4);
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(3, type)};
        return Lanes.longs(f.slot(0, type), sources, each((a, b, c) -> a * b + c));
    }

    static Step high(Form f, boolean adds, PtxType type) {
        f.finish(adds ? 4 : 3);
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(adds ? 3 : 2, type)};
        boolean isSigned = type.isSigned();
        return Lanes.longs(f.slot(0, type), sources, each((a, b, c) -> {
            long high = isSigned ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
            return adds ? high + c : high;
        }));
    }

    static Step shift(int d, int a, int amount, boolean isLeft, boolean isSigned) {
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            long[] x = w.q[a];
            int[] n = w.r[amount];
            for (int i = 0; i < N; i++) to[i] = shift(x[i], n[i], isLeft, isSigned);
            w.endLong(d, mask);
        };
    }

    private static long shift(long x, int amount, boolean isLeft, boolean isSigned) {
        if (Integer.compareUnsigned(amount, 64) >= 0) return isLeft || !isSigned ? 0 : x >> 63;
        return isLeft ? x << amount : isSigned ? x >> amount : x >>> amount;
    }

    static Step divide(int[] slots, boolean isQuotient, boolean isSigned) {
        int d = slots[0];
        int a = slots[1];
        int b = slots[2];
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                long x = w.q[a][lane];
                long y = w.q[b][lane];
                Integers.requireQuotient(w, lane, y == 0, isSigned && y == -1 && x == Long.MIN_VALUE);
                w.q[d][lane] = divide(x, y, isQuotient, isSigned);
            }
        };
    }

    private static long divide(long x, long y, boolean isQuotient, boolean isSigned) {
        if (isSigned) return isQuotient ? x / y : x % y;
        return isQuotient ? Long.divideUnsigned(x, y) : Long.remainderUnsigned(x, y);
    }

    /// `mul.wide` and `mad.wide`: the whole product of two integers, of 16 or 32 bits each.
    static Step wide(Form f, boolean adds, PtxType type) {
        f.finish(adds ? 4 : 3);
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        boolean isSigned = type.isSigned();
        if (type.bytes() == 2) return wideOfShorts(f, new int[] {a, b}, adds, isSigned);
        if (type.bytes() != 4) throw f.error("expected 16 or 32 bits");
        int d = f.slot(0, PtxType.U64);
        int c = adds ? f.slot(3, PtxType.U64) : -1;
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            product(adds ? w.spareLong : to, w.r[a], w.r[b], isSigned);
            if (adds) for (int i = 0; i < N; i++) to[i] = w.spareLong[i] + w.q[c][i];
            w.endLong(d, mask);
        };
    }

    private static void product(long[] d, int[] a, int[] b, boolean isSigned) {
        if (isSigned) {
            for (int i = 0; i < N; i++) d[i] = (long) a[i] * b[i];
        } else {
            for (int i = 0; i < N; i++) d[i] = (a[i] & 0xffff_ffffL) * (b[i] & 0xffff_ffffL);
        }
    }

    private static Step wideOfShorts(Form f, int[] ab, boolean adds, boolean isSigned) {
        int[] sources = {ab[0], ab[1], adds ? f.slot(3, PtxType.U32) : ab[0]};
        return Lanes.step(f.slot(0, PtxType.U32), sources, Lanes.each((a, b, c) -> {
            int product = isSigned ? (short) a * (short) b : (a & 0xffff) * (b & 0xffff);
            return adds ? product + c : product;
        }));
    }
}
