package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Operand.Immediate;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.Arrays;

/// `wgmma.*`, of warpgroups. The product is computed when the last of the four warps has come; until it
/// was waited for its registers and what it reads in shared memory belong to it.
final class WgmmaSteps {

    private static final int ALL = -1;
    private static final int PIECE = 16;
    private static final int MAX_WAIT = 7;

    private WgmmaSteps() {}

    static Step step(Form f) {
        String what = f.takeFirst();
        if (!f.take("sync") || !f.take("aligned")) throw f.error("expected .sync.aligned");
        return switch (what) {
            case "fence" -> fence(f);
            case "commit_group" -> commit(f);
            case "wait_group" -> await(f);
            case "mma_async" -> multiply(f);
            default -> throw f.error("." + what + ", expected fence, mma_async, commit_group or wait_group");
        };
    }

    private static Step fence(Form f) {
        f.finish(0);
        return (w, mask) -> {
            if (w.meet(mask, ALL)) w.registers.fence();
        };
    }

    private static Step commit(Form f) {
        f.finish(0);
        return (w, mask) -> {
            if (w.meet(mask, ALL)) w.registers.commit();
        };
    }

    private static Step await(Form f) {
        f.finish(1);
        int n = f.number(0);
        if (n < 0 || n > MAX_WAIT) throw f.error("groups is " + n + ", expected 0 to " + MAX_WAIT);
        return (w, mask) -> {
            if (!w.meet(mask, ALL)) return;
            int time = w.registers.await(n);
            if (time == 0) return;
            w.block.order.await(w.index, ALL, w.live(), Engine.tensorCores(w.index / Warpgroup.WARPS), time);
        };
    }

    /// What the text of one product says.
    ///
    /// @param d slots of the accumulator
    /// @param a slots of A, none where it is in shared memory
    /// @param descriptors slots of those of A and B, -1 where A is in registers
    /// @param adds a guard, 0 for always
    @SuppressWarnings("ArrayRecordComponent") // made once per instruction, never compared
    private record Product(int[] d, int[] a, int[] descriptors, int adds, Wgmma.Operand[] how) {

        int columns() {
            return 2 * d.length;
        }
    }

    /// `wgmma.mma_async.sync.aligned.m64nNk16.f32.bf16.bf16 d, a, b, adds, scale-a, scale-b[, a-first][,
    /// b-first]`.
    private static Step multiply(Form f) {
        int n = columns(f);
        if (!f.take("f32") || !f.take("bf16") || !f.take("bf16")) throw f.error("expected .f32.bf16.bf16");
        boolean isInRegisters = f.isVector(1);
        f.finish(isInRegisters ? 7 : 8);
        int[] d = TensorSteps.slots(f, 0, n / 2);
        int[] a = isInRegisters ? TensorSteps.slots(f, 1, 4) : new int[0];
        int[] descriptors = {isInRegisters ? -1 : f.slot(1, PtxType.B64), f.slot(2, PtxType.B64)};
        boolean isAFirst = !isInRegisters && flag(f, 6, 0, 1);
        boolean isBFirst = flag(f, isInRegisters ? 6 : 7, 0, 1);
        Wgmma.Operand[] how = {
            new Wgmma.Operand(isAFirst, flag(f, 4, 1, -1)), new Wgmma.Operand(isBFirst, flag(f, 5, 1, -1))
        };
        Product p = new Product(d, a, descriptors, adds(f), how);
        Wgmma wgmma = new Wgmma();
        return (w, mask) -> {
            if (!w.meet(mask, ALL)) return;
            long from = isInRegisters ? 0 : w.q[descriptors[0]][0];
            Warpgroup group = w.block.warpgroups[w.index / Warpgroup.WARPS];
            requireUniform(w, p);
            if (group.gather(w, from, w.q[descriptors[1]][0])) multiply(w, group, p, wgmma);
        };
    }

    private static int columns(Form f) {
        String shape = f.takeFirst();
        if (shape.matches("m64n[0-9]{1,3}k16")) {
            int n = Integer.parseInt(shape.substring(4, shape.length() - 3));
            if (n >= 8 && n <= 256 && n % 8 == 0) return n;
        }
        throw f.error("." + shape + ", expected m64nNk16 with N a multiple of 8 up to 256");
    }

    private static boolean flag(Form f, int operand, int no, int yes) {
        int value = f.number(operand);
        if (value == no || value == yes) return value == yes;
        throw f.error("operand %d is %d, expected %d or %d".formatted(operand, value, no, yes));
    }

    private static int adds(Form f) {
        if (!(f.operand(3) instanceof Immediate v)) return f.guard(f.operand(3));
        throw f.error("adds is %s, expected a predicate".formatted(v));
    }

    private static void requireUniform(Warp w, Product p) {
        for (int slot : p.descriptors()) {
            if (slot < 0) continue;
            long[] values = w.q[slot];
            for (int lane = 1; lane < Warp.LANES; lane++) {
                if (values[lane] == values[0]) continue;
                throw w.fault(
                        lane,
                        Fault.NO_ADDRESS,
                        "%s with descriptor 0x%x, lane 0 with 0x%x".formatted(w.name(), values[lane], values[0]),
                        "one value in all lanes");
            }
        }
        int bits = p.adds() > 0 ? w.p[p.adds() - 1] : w.p[-p.adds() - 1];
        if (bits != 0 && bits != ALL) throw w.fault(w.name() + " adds in some lanes only", "all lanes or none");
    }

    private static void multiply(Warp w, Warpgroup group, Product p, Wgmma wgmma) {
        int[] ofA = p.a().length != 0 ? new int[0] : load(w, group, p, 0);
        int[] ofB = load(w, group, p, 1);
        int time = w.block.order.past();
        for (int i = 0; i < Warpgroup.WARPS; i++) {
            Warp warp = group.warp(i);
            warp.registers.start(warp, p.columns(), p.d(), p.a(), time);
            int[][] a = p.a().length == 0 ? wgmma.fragment(ofA, i) : TensorSteps.of(warp, p.a());
            if (p.a().length != 0 && p.how()[0].isNegated()) a = wgmma.negated(a);
            int bits = p.adds() > 0 ? warp.p[p.adds() - 1] : ~warp.p[-p.adds() - 1];
            wgmma.multiply(a, ofB, TensorSteps.of(warp, p.d()), bits != 0);
        }
    }

    private static int[] load(Warp w, Warpgroup group, Product p, int which) {
        Descriptor from;
        try {
            from = Descriptor.of(w.q[p.descriptors()[which]][0]);
        } catch (AccessException e) {
            throw w.fault("descriptor of " + "AB".charAt(which) + ": " + e.happened(), e.expected());
        }
        int rows = which == 0 ? Wgmma.ROWS : p.columns();
        Wgmma.Operand how = p.how()[which];
        int[] pieces = pieces(from, rows, how.isRowFirst());
        require(w, group, pieces, which);
        return Wgmma.load(w.block.shared, from, rows, how);
    }

    private static int[] pieces(Descriptor from, int rows, boolean isRowFirst) {
        int[] pieces = new int[2 * rows];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] =
                    isRowFirst ? from.piece(i / Wgmma.K * 8, i % Wgmma.K, true) : from.piece(i / 2, i % 2 * 8, false);
        }
        return pieces;
    }

    private static void require(Warp w, Warpgroup group, int[] pieces, int which) {
        Region shared = w.block.shared;
        Arrays.sort(pieces);
        int last = pieces[pieces.length - 1];
        if (!shared.holds(last, PIECE)) {
            throw w.fault(
                    "wgmma reads 16 bytes at 0x%x of shared memory for %s (it has %,d bytes)"
                            .formatted(last, "AB".charAt(which), shared.bytes.length),
                    "an address in it");
        }
        Shadow shadow = shared.shadow;
        if (shadow == null || !w.block.launch.run().options().isWatched()) return;
        Order order = w.block.order;
        for (int i = 0; i < pieces.length; ) {
            int next = i + 1;
            while (next < pieces.length && pieces[next] == pieces[next - 1] + PIECE) next++;
            require(group, shadow, pieces[i], (next - i) * PIECE);
            shadow.readByEngine(order, Engine.tensorCores(group.index), pieces[i], (next - i) * PIECE);
            i = next;
        }
    }

    /// Each of the four warps has to know what all of them read; its last lane knows what it knows as a
    /// whole.
    private static void require(Warpgroup group, Shadow shadow, int at, int count) {
        for (int i = 0; i < Warpgroup.WARPS; i++) {
            Warp warp = group.warp(i);
            try {
                int thread = warp.index * Warp.LANES + Warp.LANES - 1;
                shadow.requireReadable(group.block.order, thread, at, count);
            } catch (AccessException e) {
                throw warp.fault(e, at);
            }
        }
    }
}
