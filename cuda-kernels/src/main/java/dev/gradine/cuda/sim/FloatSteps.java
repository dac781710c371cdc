package dev.gradine.cuda.sim;

import dev.gradine.cuda.ptx.PtxType;
import dev.gradine.cuda.sim.Lanes.Int2;

/// Arithmetic on floats.
final class FloatSteps {

    private static final int N = Warp.LANES;

    private FloatSteps() {}

    static Step step(Form f, String opcode, PtxType type) {
        f.take(type.toString());
        f.ignore("rn");
        Int2 op = switch (opcode) {
            case "add" -> (d, a, b) -> {
                for (int i = 0; i < N; i++) d[i] = bits(Float.intBitsToFloat(a[i]) + Float.intBitsToFloat(b[i]));
            };
            default -> throw f.error("not known");
        };
        f.finish(3);
        return Lanes.step(f.slot(0, type), f.slot(1, type), f.slot(2, type), op);
    }

    private static int bits(float x) {
        return x != x ? 0x7fff_ffff : Float.floatToRawIntBits(x);
    }
}
