package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Accesses.Kind;
import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.Locale;

/// `mma.sync`, `ldmatrix` and `stmatrix`, of whole warps.
final class TensorSteps {

    private static final int ALL = -1;

    private TensorSteps() {}

    /// `mma.sync.aligned.m16n8kK.row.col.f32.T.T.f32 d, a, b, c`.
    static Step multiply(Form f) {
        if (!f.take("sync") || !f.take("aligned") || !f.take("row") || !f.take("col")) {
            throw f.error("expected .sync.aligned and .row.col");
        }
        String shape = f.takeOne("", "m16n8k8", "m16n8k16");
        PtxType d = f.takeType();
        PtxType a = f.takeType();
        PtxType b = f.takeType();
        PtxType c = f.takeType();
        boolean isKnown =
                d == PtxType.F32 && c == PtxType.F32 && a == b && a.toString().matches("bf16|f16|tf32");
        if (shape.isEmpty() || !isKnown) throw f.error("expected m16n8k8 or m16n8k16 of f32 and bf16, f16 or tf32");
        f.finish(4);
        Mma.Element element = Mma.Element.valueOf(a.toString().toUpperCase(Locale.ROOT));
        Mma mma = new Mma(
                element,
                Integer.parseInt(shape.substring(6)),
                Mma.Model.of(f.options().capability()));
        int[] sources = slots(f, 1, mma.registersOfA());
        int[] others = slots(f, 2, mma.registersOfB());
        int[] addends = slots(f, 3, 4);
        int[] results = slots(f, 0, 4);
        return (w, mask) -> {
            if (w.meet(mask, ALL)) mma.multiply(of(w, sources), of(w, others), of(w, addends), of(w, results));
        };
    }

    static int[] slots(Form f, int operand, int count) {
        int[] slots = f.elements(operand).stream()
                .mapToInt(e -> f.slot(e, PtxType.B32, true))
                .toArray();
        if (slots.length != count) {
            throw f.error(slots.length + " registers in operand " + operand + ", expected " + count);
        }
        return slots;
    }

    static int[][] of(Warp w, int[] slots) {
        int[][] registers = new int[slots.length][];
        for (int k = 0; k < slots.length; k++) registers[k] = w.r[slots[k]];
        return registers;
    }

    /// Matrices of 8 rows of 16 bytes that go from or to shared memory.
    ///
    /// @param registers slots, one for each
    /// @param rows lanes that give the addresses of rows
    @SuppressWarnings("ArrayRecordComponent") // made once per instruction, never compared
    private record Matrices(boolean isTransposed, int[] registers, Target target, int rows) {

        static Matrices of(Form f, int registersAt) {
            if (!f.take("sync") || !f.take("aligned") || !f.take("m8n8")) throw f.error("expected .sync.aligned.m8n8");
            int count = Integer.parseInt(f.takeOne("x0", "x1", "x2", "x4").substring(1));
            boolean isTransposed = f.take("trans");
            Space space = Memory.space(f);
            PtxType type = f.takeType();
            f.finish(2);
            if (count == 0 || type != PtxType.B16) throw f.error("expected .x1, .x2 or .x4 and .b16");
            int rows = count == 4 ? ALL : (1 << (8 * count)) - 1;
            return new Matrices(isTransposed, slots(f, registersAt, count), f.target(1 - registersAt, space), rows);
        }
    }

    /// `stmatrix.sync.aligned.m8n8.xN[.trans].shared.b16 [address], d`: the way back of `ldmatrix`. Who gives the
    /// address of a row has written it.
    static Step store(Form f) {
        Matrices all = Matrices.of(f, 1);
        return (w, mask) -> {
            if (!w.meet(mask, ALL)) return;
            w.accesses.resolve(all.target, all.rows, 16, Kind.WRITES);
            int[][] d = of(w, all.registers);
            int[] words = new int[32 * d.length];
            Ldmatrix.store(words, all.isTransposed, d);
            for (int row = 0; row < 8 * d.length; row++) {
                Region region = w.accesses.regions[row];
                for (int k = 0; k < 4; k++) region.setInt(w.accesses.offsets[row] + 4 * k, words[4 * row + k]);
            }
        };
    }

    /// `ldmatrix.sync.aligned.m8n8.xN[.trans].shared.b16 d, [address]`.
    static Step load(Form f) {
        Matrices all = Matrices.of(f, 0);
        int rows = all.rows;
        int count = all.registers.length;
        return (w, mask) -> {
            if (!w.meet(mask, ALL)) return;
            w.accesses.resolve(all.target, rows, 16, Kind.READS);
            // What a lane does after it comes after the rows were read, whoever gave their addresses.
            w.block.order.meet(w.index, ALL, w.live());
            int[] words = new int[32 * count];
            for (int row = 0; row < 8 * count; row++) {
                Region region = w.accesses.regions[row];
                for (int k = 0; k < 4; k++) words[4 * row + k] = region.getInt(w.accesses.offsets[row] + 4 * k);
            }
            Ldmatrix.load(words, all.isTransposed, of(w, all.registers));
        };
    }
}
