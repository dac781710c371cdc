package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// Arithmetic on f64, rounded to nearest.
final class DoubleSteps {

    private static final int N = Warp.LANES;

    private DoubleSteps() {}

    @FunctionalInterface
    private interface One {
        double of(double a, double b, double c);
    }

    static Step step(Form f, String opcode) {
        f.take("rn");
        One op = of(f, opcode);
        int count = opcode.equals("fma") ? 3 : opcode.matches("neg|abs|sqrt|rcp") ? 1 : 2;
        f.finish(count + 1);
        int d = f.slot(0, PtxType.F64);
        int a = f.slot(1, PtxType.F64);
        int b = f.slot(Math.min(count, 2), PtxType.F64);
        int c = f.slot(count, PtxType.F64);
        return Lanes.longs(d, new int[] {a, b, c}, (to, x, y, z) -> {
            for (int i = 0; i < N; i++) to[i] = bits(op.of(number(x[i]), number(y[i]), number(z[i])));
        });
    }

    private static double number(long bits) {
        return Double.longBitsToDouble(bits);
    }

    private static long bits(double x) {
        return Double.doubleToRawLongBits(x);
    }

    private static One of(Form f, String opcode) {
        return switch (opcode) {
            case "add" -> (a, b, c) -> a + b;
            case "sub" -> (a, b, c) -> a - b;
            case "mul" -> (a, b, c) -> a * b;
            case "div" -> (a, b, c) -> a / b;
            case "fma" -> Math::fma;
            case "min" -> (a, b, c) -> Floats.min(a, b);
            case "max" -> (a, b, c) -> Floats.max(a, b);
            case "neg" -> (a, b, c) -> -a;
            case "abs" -> (a, b, c) -> Math.abs(a);
            case "sqrt" -> (a, b, c) -> Math.sqrt(a);
            case "rcp" -> (a, b, c) -> 1 / a;
            default -> throw f.error("not known for f64");
        };
    }
}
