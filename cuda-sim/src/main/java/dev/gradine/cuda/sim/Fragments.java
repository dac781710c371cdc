package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Instruction;
import dev.gradine.cuda.sim.ptx.Operand;
import java.util.ArrayList;
import java.util.List;

/// The matrices that an `mma` found in the registers of a warp, as text. Which lane holds what stands in `Mma`.
final class Fragments {

    private static final int WIDTH = 9;

    private Fragments() {}

    /// A, B and D of the instruction after it was executed; C is D's registers as a rule and no longer there.
    static List<String> lines(WarpView warp, Instruction mma) {
        boolean tf32 = mma.has("tf32");
        boolean f16 = mma.has("f16");
        float[][] a = new float[16][mma.has("m16n8k16") ? 16 : 8];
        float[][] b = new float[a[0].length][8];
        float[][] d = new float[16][8];
        List<long[]> ra = registers(warp, mma.operands().get(1));
        List<long[]> rb = registers(warp, mma.operands().get(2));
        List<long[]> rd = registers(warp, mma.operands().get(0));
        for (int lane = 0; lane < Warp.LANES; lane++) {
            int g = lane >> 2;
            int t = lane & 3;
            for (int r = 0; r < ra.size(); r++) {
                int row = g + 8 * (r & 1);
                if (tf32) a[row][t + 4 * (r >> 1)] = single(ra.get(r)[lane]);
                else for (int h = 0; h < 2; h++) a[row][2 * t + h + 8 * (r >> 1)] = half(ra.get(r)[lane], h, f16);
            }
            for (int r = 0; r < rb.size(); r++) {
                if (tf32) b[t + 4 * r][g] = single(rb.get(r)[lane]);
                else for (int h = 0; h < 2; h++) b[2 * t + h + 8 * r][g] = half(rb.get(r)[lane], h, f16);
            }
            for (int r = 0; r < rd.size(); r++) d[g + 8 * (r >> 1)][2 * t + (r & 1)] = single(rd.get(r)[lane]);
        }
        List<String> lines = new ArrayList<>();
        add(lines, "A", a);
        add(lines, "B", b);
        add(lines, "D = A·B + C", d);
        return lines;
    }

    /// The first eight columns of the accumulators of a `wgmma` that was waited for; which lane holds what stands in
    /// `Wgmma`. Nothing where there are none.
    static List<String> sums(WarpView warp, Operand accumulators) {
        List<String> lines = new ArrayList<>();
        List<long[]> registers = registers(warp, accumulators);
        if (registers.isEmpty()) return lines;
        float[][] d = new float[16][8];
        for (int lane = 0; lane < Warp.LANES; lane++) {
            for (int r = 0; r < 4; r++) {
                d[(lane >> 2) + 8 * (r >> 1)][2 * (lane & 3) + (r & 1)] =
                        single(registers.get(r)[lane]);
            }
        }
        add(lines, "D, columns 0 to 7 of " + 2 * registers.size(), d);
        return lines;
    }

    private static List<long[]> registers(WarpView warp, Operand o) {
        List<Operand.Register> registers = new ArrayList<>();
        Trace.collect(o, registers);
        return registers.stream().map(r -> warp.register(r.index())).toList();
    }

    private static float single(long bits) {
        return Float.intBitsToFloat((int) bits);
    }

    private static float half(long bits, int h, boolean f16) {
        int value = ((int) bits >>> (16 * h)) & 0xffff;
        return f16 ? Narrow.fromF16(value) : Narrow.fromBf16(value);
    }

    private static void add(List<String> lines, String name, float[][] m) {
        lines.add("%s  [%d × %d]".formatted(name, m.length, m[0].length));
        for (float[] row : m) {
            StringBuilder line = new StringBuilder();
            for (float x : row) line.append(LaneTable.pad(LaneTable.number(x), WIDTH));
            lines.add(line.toString());
        }
    }
}
