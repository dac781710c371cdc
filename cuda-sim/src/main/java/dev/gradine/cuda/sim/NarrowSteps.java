package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// Arithmetic on bf16, alone or in pairs: exact in f32 or f64, then rounded once to nearest.
final class NarrowSteps {

    private static final int LOWER = 0xffff;

    private NarrowSteps() {}

    @FunctionalInterface
    private interface One {
        int of(float a, float b, float c);
    }

    static Step step(Form f, String opcode, PtxType type) {
        f.take("rn");
        boolean keepsNaN = f.take("NaN");
        One op = of(f, opcode, keepsNaN);
        int count = opcode.equals("fma") ? 3 : opcode.matches("neg|abs") ? 1 : 2;
        f.finish(count + 1);
        int[] sources = {f.slot(1, type), f.slot(Math.min(count, 2), type), f.slot(count, type)};
        boolean isPair = type == PtxType.BF16X2;
        return Lanes.step(f.slot(0, type), sources, Lanes.each((a, b, c) -> {
            int lower = op.of(Narrow.fromBf16(a), Narrow.fromBf16(b), Narrow.fromBf16(c));
            if (!isPair) return lower;
            int upper = op.of(Narrow.fromBf16(a >>> 16), Narrow.fromBf16(b >>> 16), Narrow.fromBf16(c >>> 16));
            return (upper << 16) | (lower & LOWER);
        }));
    }

    private static One of(Form f, String opcode, boolean keepsNaN) {
        return switch (opcode) {
            case "fma" -> (a, b, c) -> fma(a, b, c);
            case "min" -> (a, b, c) -> Narrow.bf16(keepsNaN ? Floats.minNaN(a, b) : Floats.min(a, b));
            case "max" -> (a, b, c) -> Narrow.bf16(keepsNaN ? Floats.maxNaN(a, b) : Floats.max(a, b));
            case "neg" -> (a, b, c) -> Narrow.bf16(-a);
            case "abs" -> (a, b, c) -> Narrow.bf16(Math.abs(a));
            case "add" -> (a, b, c) -> fma(a, 1f, b);
            case "sub" -> (a, b, c) -> fma(a, 1f, -b);
            case "mul" -> (a, b, c) -> fma(a, b, -0f);
            default -> throw f.error("not known for bf16");
        };
    }

    /// The product of two bf16 is exact in f32. The sum is rounded to odd first, so that rounding it again to bf16 is
    /// as if done once.
    private static int fma(float a, float b, float c) {
        float towardsZero = Rounding.ZERO.fma(a, b, c);
        boolean isExact = towardsZero == Math.fma(a, b, c) && Rounding.UP.fma(a, b, c) == Rounding.DOWN.fma(a, b, c);
        if (isExact || !Float.isFinite(towardsZero)) return Narrow.bf16(Math.fma(a, b, c));
        return Narrow.bf16(Float.intBitsToFloat(Float.floatToRawIntBits(towardsZero) | 1));
    }
}
