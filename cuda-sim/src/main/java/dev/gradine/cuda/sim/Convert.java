package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// `cvt`: between integers, between floats, and from one to the other.
final class Convert {

    private static final int N = Warp.LANES;

    private Convert() {}

    /// What a `cvt` says beside its types.
    private record Mode(Rounding rounding, boolean flushes, boolean saturates) {

        float in(float x) {
            return flushes ? Floats.flush(x) : x;
        }

        int out(float x) {
            float y = in(x);
            return Floats.bits(saturates ? Floats.saturate(y) : y);
        }
    }

    static Step step(Form f) {
        String away = f.takeOne("", "rna");
        String named = f.takeOne("", "rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi");
        boolean isIntegral = named.endsWith("i");
        Mode mode = new Mode(Rounding.of(named.isEmpty() ? "rn" : named), f.take("ftz"), f.take("sat"));
        PtxType to = f.takeType();
        PtxType from = f.takeType();
        if (!away.isEmpty() && to != PtxType.TF32) throw f.error(".rna is for tf32");
        if (to == PtxType.BF16X2 || to == PtxType.F16X2) return pair(f, to, named);
        f.finish(2);
        Value value = value(f, from, mode);
        Result result = result(f, to, from, mode, isIntegral);
        boolean isLongSource = f.isLong(f.operand(1)) || (f.isNumber(1) && from.bytes() == 8);
        boolean isLongTarget = f.isLong(f.operand(0));
        int a = f.slot(f.operand(1), isLongSource ? PtxType.B64 : from, false);
        int d = f.slot(f.operand(0), isLongTarget ? PtxType.B64 : registerType(to), false);
        long outside = isLongTarget ? -1 : f.outside(f.operand(0));
        return lanes(new int[] {d, a}, isLongTarget, isLongSource, v -> result.of(value.of(v)) & outside);
    }

    private static PtxType registerType(PtxType to) {
        return to.bytes() == 1 ? PtxType.B16 : to;
    }

    /// One lane, from the bits of the source register to those of the result register.
    @FunctionalInterface
    private interface OneLane {
        long of(long a);
    }

    private static Step lanes(int[] da, boolean isLongTarget, boolean isLongSource, OneLane op) {
        int d = da[0];
        int a = da[1];
        if (isLongTarget && isLongSource) {
            return Lanes.longs(d, a, (to, x) -> {
                for (int i = 0; i < N; i++) to[i] = op.of(x[i]);
            });
        }
        if (isLongTarget) {
            return Lanes.widen(d, a, (to, x) -> {
                for (int i = 0; i < N; i++) to[i] = op.of(x[i]);
            });
        }
        if (isLongSource) {
            return Lanes.shorten(d, a, (to, x) -> {
                for (int i = 0; i < N; i++) to[i] = (int) op.of(x[i]);
            });
        }
        return Lanes.step(d, a, Lanes.each(x -> (int) op.of(x)));
    }

    /// The source as a number: integers as they are, floats as the bits of an f64, which holds all of them.
    @FunctionalInterface
    private interface Value {
        long of(long bits);
    }

    private static Value value(Form f, PtxType from, Mode m) {
        return switch (from) {
            case U8, B8 -> v -> v & 0xff;
            case S8 -> v -> (byte) v;
            case U16, B16 -> v -> v & 0xffff;
            case S16 -> v -> (short) v;
            case U32, B32 -> v -> v & 0xffff_ffffL;
            case S32 -> v -> (int) v;
            case U64, S64, B64 -> v -> v;
            case F32 -> v -> wide(m.in(Float.intBitsToFloat((int) v)));
            case BF16 -> v -> wide(m.in(Narrow.fromBf16((int) v)));
            case F16 -> v -> wide(Narrow.fromF16((int) v));
            case F64 -> v -> v;
            default -> throw f.error("from " + from + " is not known here");
        };
    }

    private static long wide(double x) {
        return Double.doubleToRawLongBits(x);
    }

    /// The number as bits of the target.
    @FunctionalInterface
    private interface Result {
        long of(long number);
    }

    private static Result result(Form f, PtxType to, PtxType from, Mode m, boolean isIntegral) {
        if (!to.isFloat()) return from.isFloat() ? toInteger(to, from, m) : betweenIntegers(to, from, m.saturates());
        if (!from.isFloat()) return fromInteger(f, to, from, m);
        return betweenFloats(f, to, m, isIntegral);
    }

    private static Result betweenIntegers(PtxType to, PtxType from, boolean saturates) {
        int width = to.bytes() * 8;
        boolean isSigned = to.isSigned();
        boolean isSourceSigned = from.isSigned();
        return v -> cut(saturates ? saturate(v, isSourceSigned, width, isSigned) : v, width, isSigned);
    }

    /// The lower `width` bits, extended to 64 as a wider register wants them. Registers of 16 bits hold zeros above.
    private static long cut(long v, int width, boolean isSigned) {
        if (width == 64) return v;
        long low = v & ((1L << width) - 1);
        return isSigned ? low << (64 - width) >> (64 - width) : low;
    }

    private static long saturate(long v, boolean isSourceSigned, int width, boolean isSigned) {
        boolean isHuge = !isSourceSigned && v < 0;
        long most = isSigned ? -1L >>> (65 - width) : -1L >>> (64 - width);
        long least = isSigned ? -1L << (width - 1) : 0;
        if (isHuge) return most;
        if (v < least) return least;
        return width == 64 ? v : Math.min(v, most);
    }

    private static Result toInteger(PtxType to, PtxType from, Mode m) {
        int width = to.bytes() * 8;
        boolean isWide = from == PtxType.F64;
        return v -> Floats.toInteger(Double.longBitsToDouble(v), m.rounding(), width, to.isSigned(), isWide);
    }

    private static Result fromInteger(Form f, PtxType to, PtxType from, Mode m) {
        boolean isSigned = from.isSigned() || from.bytes() < 8;
        return switch (to) {
            case F32 -> v -> m.out(m.rounding().fromInteger(v, isSigned));
            case F64 -> v -> wide(isSigned || v >= 0 ? (double) v : 2.0 * ((v >>> 1) | (v & 1)));
            case F16 -> v -> Narrow.f16(m.rounding().fromInteger(v, isSigned));
            case BF16 -> v -> Narrow.bf16(m.rounding().fromInteger(v, isSigned));
            default -> throw f.error("from integers to " + to + " is not known here");
        };
    }

    private static Result betweenFloats(Form f, PtxType to, Mode m, boolean isIntegral) {
        boolean isTowardsZero = m.rounding() == Rounding.ZERO;
        return switch (to) {
            case F64 -> v -> isIntegral ? wide(m.rounding().integral(Double.longBitsToDouble(v))) : v;
            case F32 ->
                v -> {
                    double x = Double.longBitsToDouble(v);
                    return m.out(
                            isIntegral
                                    ? (float) m.rounding().integral(x)
                                    : m.rounding().narrow(x));
                };
            case BF16 -> v -> isTowardsZero ? Narrow.bf16Truncated(single(v)) : Narrow.bf16(single(v));
            case F16 -> v -> isTowardsZero ? Narrow.f16Truncated(single(v)) : Narrow.f16(single(v));
            case TF32 -> v -> Narrow.tf32(single(v));
            default -> throw f.error("to " + to + " is not known here");
        };
    }

    private static float single(long bits) {
        return (float) Double.longBitsToDouble(bits);
    }

    /// `cvt.rn.bf16x2.f32 d, a, b`: a becomes the upper half.
    private static Step pair(Form f, PtxType to, String rounding) {
        if (!rounding.equals("rn")) throw f.error("rounding ." + rounding + " is not known here");
        f.finish(3);
        Lanes.Int2 op = to == PtxType.BF16X2
                ? (d, a, b) -> {
                    for (int i = 0; i < N; i++) {
                        d[i] = Narrow.bf16Pair(Float.intBitsToFloat(a[i]), Float.intBitsToFloat(b[i]));
                    }
                }
                : Lanes.each((a, b) -> Narrow.f16Pair(Float.intBitsToFloat(a), Float.intBitsToFloat(b)));
        return Lanes.step(f.slot(0, to), f.slot(1, PtxType.F32), f.slot(2, PtxType.F32), op);
    }
}
