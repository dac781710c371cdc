package dev.gradine.cuda.sim.ptx;

import dev.gradine.cuda.sim.ptx.Operand.Address;
import dev.gradine.cuda.sim.ptx.Operand.Box;
import dev.gradine.cuda.sim.ptx.Operand.Label;
import dev.gradine.cuda.sim.ptx.Operand.Not;
import dev.gradine.cuda.sim.ptx.Operand.Pair;
import dev.gradine.cuda.sim.ptx.Operand.Register;
import dev.gradine.cuda.sim.ptx.Operand.Vector;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/// Which registers of an entry hold a value that is still wanted.
///
/// ```
/// in(i) = uses(i) ∪ (out(i) \ results(i))      out(i) = ∪ in(successors of i)
/// ```
///
/// solved by going backwards until nothing changes. A guarded result does not end what was there before.
/// How many registers a kernel gets is the assembler's decision, which may order instructions anew; this
/// is what the text asks for as it stands.
final class Liveness {

    /// Those whose first operand is no result, or, of `wgmma`, is one that also is read.
    private static final Set<String> NO_RESULT = Set.of(
            "st",
            "red",
            "bra",
            "bar",
            "barrier",
            "ret",
            "exit",
            "trap",
            "cp",
            "membar",
            "fence",
            "prefetch",
            "mbarrier",
            "wgmma",
            "stmatrix",
            "setmaxnreg");

    private final Entry entry;
    private final List<Instruction> text;
    private final BitSet[] in;

    private Liveness(Entry entry) {
        this.entry = entry;
        this.text = entry.instructions();
        this.in = new BitSet[text.size() + 1];
        for (int i = 0; i < in.length; i++) in[i] = new BitSet();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = text.size() - 1; i >= 0; i--) changed |= update(i);
        }
    }

    /// Most registers of 32 bits that are wanted at once; one of 64 bits counts twice, a predicate not at
    /// all.
    static int registers(Entry entry) {
        Liveness l = new Liveness(entry);
        int most = 0;
        for (BitSet live : l.in) most = Math.max(most, l.weight(live));
        return most;
    }

    private int weight(BitSet live) {
        return live.stream()
                .map(r -> Math.ceilDiv(entry.registers().get(r).type().bytes(), 4))
                .sum();
    }

    private boolean update(int i) {
        Instruction instruction = text.get(i);
        BitSet live = new BitSet();
        boolean mayPass = !instruction.guard().isEmpty();
        boolean isBranch = instruction.opcode().equals("bra");
        boolean ends = Set.of("ret", "exit", "trap").contains(instruction.opcode());
        if (mayPass || (!isBranch && !ends)) live.or(in[i + 1]);
        if (isBranch && instruction.operands().getFirst() instanceof Label label) live.or(in[label.target()]);
        boolean hasResult = !NO_RESULT.contains(instruction.opcode())
                && !instruction.operands().isEmpty();
        if (hasResult && !mayPass) mark(instruction.operands().getFirst(), live, false);
        int first = hasResult ? 1 : 0;
        for (Operand o :
                instruction.operands().subList(first, instruction.operands().size())) mark(o, live, true);
        for (Operand o : instruction.guard()) mark(o, live, true);
        if (live.equals(in[i])) return false;
        in[i] = live;
        return true;
    }

    private static void mark(Operand o, BitSet live, boolean wanted) {
        switch (o) {
            case Register r -> live.set(r.index(), wanted);
            case Not(Register r) -> live.set(r.index(), wanted);
            case Address(Operand base, long _) -> mark(base, live, wanted);
            case Box(Operand map, List<Operand> coordinates) -> {
                mark(map, live, wanted);
                coordinates.forEach(c -> mark(c, live, wanted));
            }
            case Vector(List<Operand> elements) -> elements.forEach(e -> mark(e, live, wanted));
            case Pair(Operand a, Operand b) -> {
                mark(a, live, wanted);
                mark(b, live, wanted);
            }
            default -> {}
        }
    }
}
