package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Floats.bits;
import static java.lang.Float.intBitsToFloat;

import dev.gradine.cuda.sim.Lanes.Int1;
import dev.gradine.cuda.sim.Lanes.Int2;
import dev.gradine.cuda.sim.Lanes.Int3;
import dev.gradine.cuda.sim.ptx.PtxType;

/// Arithmetic on f32: as the instruction rounds, with `.ftz` of sources and result and `.sat` where it says so.
///
/// The roundings and flushes that are rare are made lane by lane; the common forms are loops of their own.
final class FloatSteps {

    private static final int N = Warp.LANES;

    private FloatSteps() {}

    /// What an instruction says beside its operation.
    private record Mode(Rounding rounding, boolean flushes, boolean saturates) {

        boolean isPlain() {
            return rounding == Rounding.NEAREST && !flushes && !saturates;
        }

        float in(int bits) {
            float x = intBitsToFloat(bits);
            return flushes ? Floats.flush(x) : x;
        }

        int out(float x) {
            float y = flushes ? Floats.flush(x) : x;
            return bits(saturates ? Floats.saturate(y) : y);
        }
    }

    static Step step(Form f, String opcode, PtxType type) {
        f.take(type.toString());
        return switch (type) {
            case F32 -> single(f, opcode);
            case F64 -> DoubleSteps.step(f, opcode);
            case BF16, BF16X2 -> NarrowSteps.step(f, opcode, type);
            default -> throw f.error("type " + type + " is not known here");
        };
    }

    private static Step single(Form f, String opcode) {
        boolean isApproximate = f.take("approx");
        boolean isFull = f.take("full");
        boolean keepsNaN = f.take("NaN");
        Rounding rounding = Rounding.of(f.takeOne("rn", "rn", "rz", "rm", "rp"));
        Mode mode = new Mode(rounding, f.take("ftz"), f.take("sat"));
        Approximation near = f.options().approximation();
        return switch (opcode) {
            case "add", "sub", "mul" -> two(f, mode.isPlain() ? plain(opcode) : rounded(opcode, mode));
            case "fma" -> three(f, mode.isPlain() ? FloatSteps::fma : rounded(mode));
            case "min", "max" -> two(f, extreme(opcode.equals("min"), keepsNaN, mode));
            case "neg", "abs" -> one(f, sign(opcode.equals("neg"), mode));
            case "div" -> two(f, divide(mode, isApproximate, isFull, near));
            case "ex2", "lg2", "rsqrt", "sin", "cos", "tanh" -> one(f, approximate(f, opcode, mode, near));
            case "rcp", "sqrt" -> one(f, isApproximate ? approximate(f, opcode, mode, near) : exact(opcode, mode));
            case "copysign" ->
                two(f, (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = (a[i] & Integer.MIN_VALUE) | (b[i] & Integer.MAX_VALUE);
                });
            case "testp" -> throw f.error("not known");
            default -> throw f.error("not known for f32");
        };
    }

    private static Step one(Form f, Int1 op) {
        f.finish(2);
        return Lanes.step(f.slot(0, PtxType.F32), f.slot(1, PtxType.F32), op);
    }

    private static Step two(Form f, Int2 op) {
        f.finish(3);
        return Lanes.step(f.slot(0, PtxType.F32), f.slot(1, PtxType.F32), f.slot(2, PtxType.F32), op);
    }

    private static Step three(Form f, Int3 op) {
        f.finish(4);
        int[] sources = {f.slot(1, PtxType.F32), f.slot(2, PtxType.F32), f.slot(3, PtxType.F32)};
        return Lanes.step(f.slot(0, PtxType.F32), sources, op);
    }

    private static Int2 plain(String opcode) {
        return switch (opcode) {
            case "add" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = bits(intBitsToFloat(a[i]) + intBitsToFloat(b[i]));
                };
            case "sub" ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = bits(intBitsToFloat(a[i]) - intBitsToFloat(b[i]));
                };
            default ->
                (d, a, b) -> {
                    for (int i = 0; i < N; i++) d[i] = bits(intBitsToFloat(a[i]) * intBitsToFloat(b[i]));
                };
        };
    }

    private static void fma(int[] d, int[] a, int[] b, int[] c) {
        for (int i = 0; i < N; i++) {
            d[i] = bits(Math.fma(intBitsToFloat(a[i]), intBitsToFloat(b[i]), intBitsToFloat(c[i])));
        }
    }

    private static Int2 rounded(String opcode, Mode m) {
        Rounding r = m.rounding();
        return switch (opcode) {
            case "add" -> Lanes.each((a, b) -> m.out(r.add(m.in(a), m.in(b))));
            case "sub" -> Lanes.each((a, b) -> m.out(r.add(m.in(a), -m.in(b))));
            default -> Lanes.each((a, b) -> m.out(r.mul(m.in(a), m.in(b))));
        };
    }

    private static Int3 rounded(Mode m) {
        return Lanes.each((a, b, c) -> m.out(m.rounding().fma(m.in(a), m.in(b), m.in(c))));
    }

    private static Int2 extreme(boolean isMin, boolean keepsNaN, Mode m) {
        if (keepsNaN) {
            return isMin
                    ? Lanes.each((a, b) -> m.out(Floats.minNaN(m.in(a), m.in(b))))
                    : Lanes.each((a, b) -> m.out(Floats.maxNaN(m.in(a), m.in(b))));
        }
        return isMin
                ? Lanes.each((a, b) -> m.out(Floats.min(m.in(a), m.in(b))))
                : Lanes.each((a, b) -> m.out(Floats.max(m.in(a), m.in(b))));
    }

    /// Of a NaN the sign is as open as its other bits; it becomes the one NaN.
    private static Int1 sign(boolean isNegation, Mode m) {
        return isNegation ? Lanes.each(a -> m.out(-m.in(a))) : Lanes.each(a -> m.out(Math.abs(m.in(a))));
    }

    private static Int2 divide(Mode m, boolean isApproximate, boolean isFull, Approximation near) {
        if (isApproximate) return Lanes.each((a, b) -> m.out(near.div(m.in(a), m.in(b))));
        if (isFull) return Lanes.each((a, b) -> m.out(near.divFull(m.in(a), m.in(b))));
        return Lanes.each((a, b) -> m.out(m.rounding().div(m.in(a), m.in(b))));
    }

    private static Int1 exact(String opcode, Mode m) {
        if (opcode.equals("rcp")) return Lanes.each(a -> m.out(m.rounding().div(1f, m.in(a))));
        return Lanes.each(a -> m.out(m.rounding().sqrt(m.in(a))));
    }

    private static Int1 approximate(Form f, String opcode, Mode m, Approximation near) {
        return switch (opcode) {
            case "ex2" -> Lanes.each(a -> m.out(near.ex2(m.in(a))));
            case "lg2" -> Lanes.each(a -> m.out(near.lg2(m.in(a))));
            case "rcp" -> Lanes.each(a -> m.out(near.rcp(m.in(a))));
            case "rsqrt" -> Lanes.each(a -> m.out(near.rsqrt(m.in(a))));
            case "sqrt" -> Lanes.each(a -> m.out(near.sqrt(m.in(a))));
            case "sin" -> Lanes.each(a -> m.out(near.sin(m.in(a))));
            case "cos" -> Lanes.each(a -> m.out(near.cos(m.in(a))));
            case "tanh" -> Lanes.each(a -> m.out(near.tanh(m.in(a))));
            default -> throw f.error("not known");
        };
    }
}
