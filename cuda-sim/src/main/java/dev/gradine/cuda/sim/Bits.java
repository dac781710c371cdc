package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Lanes.each;

import dev.gradine.cuda.sim.ptx.PtxType;

/// Instructions on single bits and fields of bits.
final class Bits {

    private static final int N = Warp.LANES;

    private Bits() {}

    static Step step(Form f, String opcode) {
        return switch (opcode) {
            case "clz", "popc", "bfind" -> count(f, opcode);
            case "bfe" -> extract(f);
            case "bfi" -> insert(f);
            case "prmt" -> permute(f);
            case "lop3" -> lookup(f);
            case "shf" -> funnel(f);
            default -> throw f.error("not known");
        };
    }

    /// `clz`, `popc`, `bfind`: the result has 32 bits whatever the type. `bfind` of nothing is -1.
    private static Step count(Form f, String opcode) {
        boolean isAmount = f.take("shiftamt");
        PtxType type = f.takeType();
        f.finish(2);
        int d = f.slot(0, PtxType.U32);
        int a = f.slot(1, type);
        boolean isSigned = type.isSigned();
        if (type.bytes() == 4) return Lanes.step(d, a, each(x -> count(x, opcode, isSigned, isAmount)));
        return Lanes.shorten(d, a, (to, x) -> {
            for (int i = 0; i < N; i++) to[i] = count(x[i], opcode, isSigned, isAmount);
        });
    }

    private static int count(int x, String opcode, boolean isSigned, boolean isAmount) {
        return switch (opcode) {
            case "clz" -> Integer.numberOfLeadingZeros(x);
            case "popc" -> Integer.bitCount(x);
            default -> find(Integer.numberOfLeadingZeros(isSigned && x < 0 ? ~x : x), 32, isAmount);
        };
    }

    private static int count(long x, String opcode, boolean isSigned, boolean isAmount) {
        return switch (opcode) {
            case "clz" -> Long.numberOfLeadingZeros(x);
            case "popc" -> Long.bitCount(x);
            default -> find(Long.numberOfLeadingZeros(isSigned && x < 0 ? ~x : x), 64, isAmount);
        };
    }

    private static int find(int zeros, int width, boolean isAmount) {
        if (zeros == width) return -1;
        return isAmount ? zeros : width - 1 - zeros;
    }

    /// `bfe d, a, position, length`: bits beyond the upper end are zeros, or copies of the field's sign bit.
    private static Step extract(Form f) {
        PtxType type = f.takeType();
        f.finish(4);
        boolean isSigned = type.isSigned();
        if (type.bytes() == 4) {
            int[] sources = {f.slot(1, type), f.slot(2, PtxType.U32), f.slot(3, PtxType.U32)};
            return Lanes.step(f.slot(0, type), sources, each((a, b, c) ->
                    (int) extract(isSigned ? a : a & 0xffff_ffffL, b & 0xff, c & 0xff, isSigned, 32)));
        }
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int b = f.slot(2, PtxType.U32);
        int c = f.slot(3, PtxType.U32);
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            for (int i = 0; i < N; i++) to[i] = extract(w.q[a][i], w.r[b][i] & 0xff, w.r[c][i] & 0xff, isSigned, 64);
            w.endLong(d, mask);
        };
    }

    private static long extract(long a, int position, int length, boolean isSigned, int width) {
        if (length == 0) return 0;
        int top = Math.min(position + length - 1, width - 1);
        long sign = isSigned ? -(a >> top & 1) : 0;
        if (position >= width) return sign;
        int count = top - position + 1;
        long field = count == 64 ? -1 : (1L << count) - 1;
        return ((a >>> position) & field) | (sign & ~field);
    }

    /// `bfi d, a, b, position, length`: the lower bits of a replace a field of b.
    private static Step insert(Form f) {
        PtxType type = f.takeType();
        f.finish(5);
        int d = f.slot(0, type);
        int a = f.slot(1, type);
        int b = f.slot(2, type);
        int position = f.slot(3, PtxType.U32);
        int length = f.slot(4, PtxType.U32);
        if (type.bytes() == 4) {
            return (w, mask) -> {
                int[] to = w.begin(d, mask);
                for (int i = 0; i < N; i++) {
                    to[i] = (int) insert(w.r[a][i], w.r[b][i], w.r[position][i] & 0xff, w.r[length][i] & 0xff, 32);
                }
                w.end(d, mask);
            };
        }
        return (w, mask) -> {
            long[] to = w.beginLong(d, mask);
            for (int i = 0; i < N; i++) {
                to[i] = insert(w.q[a][i], w.q[b][i], w.r[position][i] & 0xff, w.r[length][i] & 0xff, 64);
            }
            w.endLong(d, mask);
        };
    }

    private static long insert(long a, long b, int position, int length, int width) {
        if (position >= width || length == 0) return b;
        int count = Math.min(length, width - position);
        long field = (count == 64 ? -1 : (1L << count) - 1) << position;
        return (b & ~field) | ((a << position) & field);
    }

    /// `prmt d, a, b, selector`: each byte of d is one of the eight of b:a, or copies of its sign.
    private static Step permute(Form f) {
        String mode = f.takeOne("", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
        if (!mode.isEmpty()) throw f.error("mode ." + mode + " is not known here");
        PtxType type = f.takeType();
        f.finish(4);
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(3, type)};
        return Lanes.step(f.slot(0, type), sources, each((a, b, c) -> permute(a, b, c)));
    }

    private static int permute(int a, int b, int selector) {
        long both = ((long) b << 32) | (a & 0xffff_ffffL);
        int d = 0;
        for (int k = 0; k < 4; k++) {
            int s = (selector >>> (4 * k)) & 15;
            int value = (int) (both >>> (8 * (s & 7))) & 0xff;
            if ((s & 8) != 0) value = (value & 0x80) != 0 ? 0xff : 0;
            d |= value << (8 * k);
        }
        return d;
    }

    /// `lop3 d, a, b, c, table`: bit for bit, what the table says of (a, b, c).
    private static Step lookup(Form f) {
        PtxType type = f.takeType();
        f.finish(5);
        int table = f.number(4);
        if (table < 0 || table > 255) throw f.error("table is " + table + ", expected 0 to 255");
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(3, type)};
        return Lanes.step(f.slot(0, type), sources, (d, a, b, c) -> {
            for (int i = 0; i < N; i++) d[i] = lookup(a[i], b[i], c[i], table);
        });
    }

    private static int lookup(int a, int b, int c, int table) {
        int d = 0;
        if ((table & 0x01) != 0) d |= ~a & ~b & ~c;
        if ((table & 0x02) != 0) d |= ~a & ~b & c;
        if ((table & 0x04) != 0) d |= ~a & b & ~c;
        if ((table & 0x08) != 0) d |= ~a & b & c;
        if ((table & 0x10) != 0) d |= a & ~b & ~c;
        if ((table & 0x20) != 0) d |= a & ~b & c;
        if ((table & 0x40) != 0) d |= a & b & ~c;
        if ((table & 0x80) != 0) d |= a & b & c;
        return d;
    }

    /// `shf.l`, `shf.r`: 32 bits out of the 64 of b:a, shifted; the amount wraps or clamps as said.
    private static Step funnel(Form f) {
        boolean isLeft = f.take("l");
        if (!isLeft && !f.take("r")) throw f.error("expected .l or .r");
        boolean wraps = f.take("wrap");
        if (!wraps && !f.take("clamp")) throw f.error("expected .wrap or .clamp");
        PtxType type = f.takeType();
        f.finish(4);
        int[] sources = {f.slot(1, type), f.slot(2, type), f.slot(3, PtxType.U32)};
        return Lanes.step(f.slot(0, type), sources, each((a, b, c) -> {
            int n = wraps ? c & 31 : Integer.compareUnsigned(c, 32) > 0 ? 32 : c;
            long both = ((long) b << 32) | (a & 0xffff_ffffL);
            return isLeft ? (int) (both << n >>> 32) : (int) (both >>> n);
        }));
    }
}
