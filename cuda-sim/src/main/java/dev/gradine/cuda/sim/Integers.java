package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Lanes.each;

import dev.gradine.cuda.sim.Lanes.Int1;
import dev.gradine.cuda.sim.Lanes.Int2;
import dev.gradine.cuda.sim.Lanes.Int3;
import dev.gradine.cuda.sim.ptx.PtxType;

/// Integer and logic instructions of up to 32 bits.
final class Integers {

    private static final int N = Warp.LANES;

    private Integers() {}

    static Step one(Form f, String opcode, PtxType type) {
        Int1 op = of1(f, opcode);
        f.finish(2);
        return Lanes.step(f.slot(0, type), f.slot(1, type), fit(op, type));
    }

    static Step two(Form f, String opcode, PtxType type) {
        Int2 op = of2(f, opcode, type.isSigned());
        f.finish(3);
        return Lanes.step(f.slot(0, type), f.slot(1, type), f.slot(2, type), fit(op, type));
    }

    static Step three(Form f, String opcode, PtxType type) {
        Int3 op = of3(f, opcode);
        f.finish(4);
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(3, type)};
        return Lanes.step(f.slot(0, type), sources, type.bytes() == 4 ? op : Lanes.narrow(type.isSigned(), op));
    }

    private static Int1 fit(Int1 op, PtxType type) {
        return type.bytes() == 4 ? op : Lanes.narrow(type.isSigned(), op);
    }

    private static Int2 fit(Int2 op, PtxType type) {
        return type.bytes() == 4 ? op : Lanes.narrow(type.isSigned(), op);
    }

    private static Int1 of1(Form f, String opcode) {
        return switch (opcode) {
            case "neg" -> each(a -> -a);
            case "not" -> each(a -> ~a);
            case "abs" -> each(a -> Math.abs(a));
            case "brev" -> each(a -> Integer.reverse(a));
            case "cnot" -> each(a -> a == 0 ? 1 : 0);
            default -> throw f.error("not known for integers");
        };
    }

    private static Int2 of2(Form f, String opcode, boolean isSigned) {
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
            case "min" -> isSigned ? each(Math::min) : each((a, b) -> Integer.compareUnsigned(a, b) < 0 ? a : b);
            case "max" -> isSigned ? each(Math::max) : each((a, b) -> Integer.compareUnsigned(a, b) > 0 ? a : b);
            default -> throw f.error("not known for integers");
        };
    }

    private static Int3 of3(Form f, String opcode) {
        return switch (opcode) {
            case "mad.lo" ->
                (d, a, b, c) -> {
                    for (int i = 0; i < N; i++) d[i] = a[i] * b[i] + c[i];
                };
            default -> throw f.error("not known for integers");
        };
    }

    /// `mul.hi` and `mad.hi`: the upper half of the product of twice the width.
    static Step high(Form f, boolean adds, PtxType type) {
        f.finish(adds ? 4 : 3);
        boolean isSigned = type.isSigned();
        int bits = type.bytes() * 8;
        int zero = adds ? f.slot(3, type) : f.slot(2, type);
        int[] sources = {f.slot(1, type), f.slot(2, type), zero};
        Int3 op = each((a, b, c) -> high(a, b, isSigned, bits) + (adds ? c : 0));
        return Lanes.step(f.slot(0, type), sources, type.bytes() == 4 ? op : Lanes.narrow(isSigned, op));
    }

    private static int high(int a, int b, boolean isSigned, int bits) {
        long product = isSigned ? (long) a * b : (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
        return (int) (product >> bits);
    }

    /// `shl`, `shr`: the amount is 32 bits wide whatever the type, and clamps where Java's would wrap.
    static Step shift(Form f, boolean isLeft, PtxType type) {
        f.finish(3);
        boolean isSigned = type.isSigned();
        int width = type.bytes() * 8;
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int amount = f.slot(2, PtxType.U32);
        if (type.bytes() == 8) return Longs.shift(d, a, amount, isLeft, isSigned);
        return Lanes.step(d, a, amount, each((x, n) -> shift(cut(x, width, isSigned), n, isLeft, width, isSigned)));
    }

    private static int cut(int x, int width, boolean isSigned) {
        if (width == 32) return x;
        return isSigned ? (short) x : x & 0xffff;
    }

    private static int shift(int x, int amount, boolean isLeft, int width, boolean isSigned) {
        boolean all = Integer.compareUnsigned(amount, width) >= 0;
        int n = Math.min(all ? width : amount, 31);
        int y = isLeft ? all ? 0 : x << n : isSigned ? x >> n : all ? 0 : x >>> n;
        return width == 16 ? y & 0xffff : y;
    }

    /// `div`, `rem`: what has no defined result is a fault.
    static Step divide(Form f, boolean isQuotient, PtxType type) {
        f.finish(3);
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        if (type.bytes() == 8) return Longs.divide(new int[] {d, a, b}, isQuotient, type.isSigned());
        int width = type.bytes() * 8;
        boolean isSigned = type.isSigned();
        int outside = width == 16 ? 0xffff : -1;
        return (w, mask) -> {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                int x = cut(w.r[a][lane], width, isSigned);
                int y = cut(w.r[b][lane], width, isSigned);
                requireQuotient(w, lane, y == 0, isSigned && y == -1 && x == -1 << (width - 1));
                w.r[d][lane] = divide(x, y, isQuotient, isSigned) & outside;
            }
        };
    }

    static void requireQuotient(Warp w, int lane, boolean byZero, boolean overflows) {
        if (byZero) throw w.fault(lane, Fault.NO_ADDRESS, w.name() + " divides by 0", "another divisor");
        if (overflows) {
            throw w.fault(
                    lane, Fault.NO_ADDRESS, w.name() + " divides the least integer by -1", "a quotient that fits");
        }
    }

    private static int divide(int x, int y, boolean isQuotient, boolean isSigned) {
        if (isSigned) return isQuotient ? x / y : x % y;
        return isQuotient ? Integer.divideUnsigned(x, y) : Integer.remainderUnsigned(x, y);
    }
}
