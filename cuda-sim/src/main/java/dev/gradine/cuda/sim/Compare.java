package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;

/// `setp`, `set`, `selp`, and the logic of predicates.
final class Compare {

    private static final int N = Warp.LANES;

    private Compare() {}

    /// Compares the lanes of two slots; one bit per lane.
    @FunctionalInterface
    private interface Test {
        int of(Warp w, int a, int b);
    }

    /// `setp.op[.bool][.ftz].type p[|q], a, b[, c]`: p = (a op b) bool c, q = !(a op b) bool c.
    static Step setp(Form f) {
        String op = f.takeFirst();
        String bool = f.takeOne("", "and", "or", "xor");
        boolean flushes = f.take("ftz");
        PtxType type = f.takeType();
        f.finish(bool.isEmpty() ? 3 : 4);
        int p = f.predicate(f.first(0));
        boolean hasSecond = f.isPair(0) && !(f.second(0) instanceof Operand.Sink);
        int q = hasSecond ? f.predicate(f.second(0)) : -1;
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        int c = bool.isEmpty() ? 0 : f.guard(f.operand(3));
        Test test = test(f, op, type, flushes);
        return (w, mask) -> {
            int result = test.of(w, a, b);
            int third = c == 0 ? 0 : c > 0 ? w.p[c - 1] : ~w.p[-c - 1];
            set(w, p, combine(result, third, bool), mask);
            if (q >= 0) set(w, q, combine(~result, third, bool), mask);
        };
    }

    private static int combine(int a, int c, String bool) {
        return switch (bool) {
            case "and" -> a & c;
            case "or" -> a | c;
            case "xor" -> a ^ c;
            default -> a;
        };
    }

    static void set(Warp w, int p, int bits, int mask) {
        w.p[p] = (bits & mask) | (w.p[p] & ~mask);
    }

    /// `set.op.dtype.type d, a, b`: all ones or zeros, or 1.0 and 0.0.
    static Step set(Form f) {
        String op = f.takeFirst();
        boolean flushes = f.take("ftz");
        PtxType result = f.takeType();
        PtxType type = f.takeType();
        f.finish(3);
        int d = f.slot(0, result);
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        int yes = result == PtxType.F32 ? Float.floatToRawIntBits(1f) : -1;
        Test test = test(f, op, type, flushes);
        return (w, mask) -> {
            int bits = test.of(w, a, b);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                w.r[d][lane] = (bits >>> lane & 1) != 0 ? yes : 0;
            }
        };
    }

    private static Test test(Form f, String op, PtxType type, boolean flushes) {
        return switch (type) {
            case F32 -> floats(f, op, flushes);
            case F64 -> doubles(f, op);
            case B16, U16, S16, B32, U32, S32, B64, U64, S64 ->
                type.bytes() == 8 ? longs(f, op, type.isSigned()) : ints(f, op, type);
            default -> throw f.error("type " + type + " is not known here");
        };
    }

    private static Test ints(Form f, String op, PtxType type) {
        int up = 32 - type.bytes() * 8;
        // Shifted to the upper end, and with the sign turned over, unsigned order is signed order.
        int turn = type.isSigned() ? 0 : Integer.MIN_VALUE;
        return switch (op) {
            case "eq" -> (w, a, b) -> equal(w.r[a], w.r[b]);
            case "ne" -> (w, a, b) -> ~equal(w.r[a], w.r[b]);
            case "lt", "lo" -> (w, a, b) -> less(w.r[a], w.r[b], up, turn);
            case "ge", "hs" -> (w, a, b) -> ~less(w.r[a], w.r[b], up, turn);
            case "gt", "hi" -> (w, a, b) -> less(w.r[b], w.r[a], up, turn);
            case "le", "ls" -> (w, a, b) -> ~less(w.r[b], w.r[a], up, turn);
            default -> throw f.error("comparison ." + op + " is not known for integers");
        };
    }

    private static int equal(int[] a, int[] b) {
        int bits = 0;
        for (int i = 0; i < N; i++) bits |= (a[i] == b[i] ? 1 : 0) << i;
        return bits;
    }

    private static int less(int[] a, int[] b, int up, int turn) {
        int bits = 0;
        for (int i = 0; i < N; i++) bits |= ((a[i] << up ^ turn) < (b[i] << up ^ turn) ? 1 : 0) << i;
        return bits;
    }

    private static Test longs(Form f, String op, boolean isSigned) {
        long turn = isSigned ? 0 : Long.MIN_VALUE;
        return switch (op) {
            case "eq" -> (w, a, b) -> equal(w.q[a], w.q[b]);
            case "ne" -> (w, a, b) -> ~equal(w.q[a], w.q[b]);
            case "lt", "lo" -> (w, a, b) -> less(w.q[a], w.q[b], turn);
            case "ge", "hs" -> (w, a, b) -> ~less(w.q[a], w.q[b], turn);
            case "gt", "hi" -> (w, a, b) -> less(w.q[b], w.q[a], turn);
            case "le", "ls" -> (w, a, b) -> ~less(w.q[b], w.q[a], turn);
            default -> throw f.error("comparison ." + op + " is not known for integers");
        };
    }

    private static int equal(long[] a, long[] b) {
        int bits = 0;
        for (int i = 0; i < N; i++) bits |= (a[i] == b[i] ? 1 : 0) << i;
        return bits;
    }

    private static int less(long[] a, long[] b, long turn) {
        int bits = 0;
        for (int i = 0; i < N; i++) bits |= ((a[i] ^ turn) < (b[i] ^ turn) ? 1 : 0) << i;
        return bits;
    }

    /// One lane of a comparison of numbers that may be NaN.
    @FunctionalInterface
    private interface Order {
        boolean of(double a, double b);
    }

    private static Test floats(Form f, String op, boolean flushes) {
        Order order = order(f, op);
        return (w, a, b) -> {
            int bits = 0;
            int[] x = w.r[a];
            int[] y = w.r[b];
            for (int i = 0; i < N; i++) {
                bits |= (order.of(number(x[i], flushes), number(y[i], flushes)) ? 1 : 0) << i;
            }
            return bits;
        };
    }

    private static float number(int bits, boolean flushes) {
        float x = Float.intBitsToFloat(bits);
        return flushes ? Floats.flush(x) : x;
    }

    private static Test doubles(Form f, String op) {
        Order order = order(f, op);
        return (w, a, b) -> {
            int bits = 0;
            for (int i = 0; i < N; i++) {
                bits |= (order.of(Double.longBitsToDouble(w.q[a][i]), Double.longBitsToDouble(w.q[b][i])) ? 1 : 0) << i;
            }
            return bits;
        };
    }

    /// `lt` is false where one is NaN, `ltu` true.
    private static Order order(Form f, String op) {
        return switch (op) {
            case "eq" -> (a, b) -> a == b;
            case "ne" -> (a, b) -> a < b || a > b;
            case "lt" -> (a, b) -> a < b;
            case "le" -> (a, b) -> a <= b;
            case "gt" -> (a, b) -> a > b;
            case "ge" -> (a, b) -> a >= b;
            case "equ" -> (a, b) -> !(a < b || a > b);
            case "neu" -> (a, b) -> a != b;
            case "ltu" -> (a, b) -> !(a >= b);
            case "leu" -> (a, b) -> !(a > b);
            case "gtu" -> (a, b) -> !(a <= b);
            case "geu" -> (a, b) -> !(a < b);
            case "num" -> (a, b) -> !Double.isNaN(a) && !Double.isNaN(b);
            case "nan" -> (a, b) -> Double.isNaN(a) || Double.isNaN(b);
            default -> throw f.error("comparison ." + op + " is not known for floats");
        };
    }

    /// `selp d, a, b, p`: p ? a : b.
    static Step selp(Form f) {
        PtxType type = f.takeType();
        f.finish(4);
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        int p = f.predicate(3);
        if (type.bytes() == 8) {
            return (w, mask) -> {
                long[] to = w.beginLong(d, mask);
                for (int i = 0; i < N; i++) to[i] = (w.p[p] >>> i & 1) != 0 ? w.q[a][i] : w.q[b][i];
                w.endLong(d, mask);
            };
        }
        return (w, mask) -> {
            int[] to = w.begin(d, mask);
            for (int i = 0; i < N; i++) to[i] = (w.p[p] >>> i & 1) != 0 ? w.r[a][i] : w.r[b][i];
            w.end(d, mask);
        };
    }

    /// `and.pred` and its like; `not.pred` and `mov.pred` have one source.
    static Step predicates(Form f, String opcode) {
        boolean isOne = opcode.equals("not") || opcode.equals("mov");
        f.finish(isOne ? 2 : 3);
        int d = f.predicate(0);
        int a = source(f, 1);
        int b = isOne ? a : source(f, 2);
        int turn = opcode.equals("not") ? -1 : 0;
        String bool = isOne ? "" : opcode;
        if (!isOne && !bool.matches("and|or|xor")) throw f.error("not known for predicates");
        return (w, mask) -> set(w, d, combine(value(w, a), value(w, b), bool) ^ turn, mask);
    }

    private static final int TRUE = Integer.MAX_VALUE;
    private static final int FALSE = 0;

    private static int source(Form f, int i) {
        if (f.isNumber(i)) return f.number(i) == 0 ? FALSE : TRUE;
        return f.guard(f.operand(i));
    }

    private static int value(Warp w, int source) {
        if (source == TRUE || source == FALSE) return source == TRUE ? -1 : 0;
        return source > 0 ? w.p[source - 1] : ~w.p[-source - 1];
    }
}
