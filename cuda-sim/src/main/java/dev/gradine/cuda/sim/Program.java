package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.cuda.sim.ptx.Instruction;

/// A kernel that is ready to run.
final class Program {

    final Entry entry;
    final Slots slots;
    final Step[] steps;

    /// Per instruction: 0 for always, p + 1 to run where predicate p is true, -p - 1 where it is false.
    final int[] guards;

    /// Per instruction: whether it accesses memory, where a random schedule may change warps.
    final boolean[] isAccess;

    /// Per instruction: the slots it uses of those that some `wgmma` uses too. No rows at all without
    /// `wgmma`.
    final int[][] touched;

    private final Layout layout;

    Program(Entry entry, Slots slots, Layout layout, Code code) {
        this.entry = entry;
        this.slots = slots;
        this.layout = layout;
        this.steps = code.steps();
        this.guards = code.guards();
        this.isAccess = code.isAccess();
        this.touched = code.touched();
    }

    /// The arrays of a program, which has one more step than the text has instructions: the end.
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Code(Step[] steps, int[] guards, boolean[] isAccess, int[][] touched) {}

    Instruction instruction(int at) {
        return entry.instructions().get(Math.min(at, entry.instructions().size() - 1));
    }

    int sharedBytes() {
        return layout.sharedBytes();
    }

    int localBytes() {
        return layout.localBytes();
    }

    Region constants() {
        return layout.constants();
    }
}
