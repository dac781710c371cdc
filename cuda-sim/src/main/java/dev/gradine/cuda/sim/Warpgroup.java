package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Warp.State;

/// Four warps, the first one's index a multiple of four, that execute some instructions together.
final class Warpgroup {

    static final int WARPS = 4;

    final Block block;
    final int index;
    private int arrived;
    private int at;
    private long first;
    private long second;

    Warpgroup(Block block, int index) {
        this.block = block;
        this.index = index;
    }

    void reset() {
        arrived = 0;
    }

    Warp warp(int i) {
        return block.warps[index * WARPS + i];
    }

    /// A warp comes to an instruction that all four execute with the same two values, and waits for the
    /// others.
    ///
    /// @return whether it is the last of the four, which then go on
    boolean gather(Warp w, long a, long b) {
        if (block.warps.length < (index + 1) * WARPS) {
            throw w.fault(
                    "%s by warp %d of a block of %d warps".formatted(w.name(), w.index, block.warps.length),
                    "warpgroups of four whole warps");
        }
        if (arrived == 0) {
            at = w.at;
            first = a;
            second = b;
        } else {
            requireSame(w, a, b);
        }
        arrived++;
        block.mbarriers.changed();
        if (arrived < WARPS) {
            w.state = State.GATHERING;
            return false;
        }
        arrived = 0;
        for (int i = 0; i < WARPS; i++) warp(i).state = State.READY;
        return true;
    }

    private void requireSame(Warp w, long a, long b) {
        if (w.at != at) {
            throw w.fault(
                    "warp %d executes %s and others of its warpgroup %s in PTX line %d"
                            .formatted(
                                    w.index,
                                    w.name(),
                                    w.program.instruction(at).name(),
                                    w.program.instruction(at).place().ptxLine()),
                    "all four warps at the same instruction");
        }
        if (a != first || b != second) {
            throw w.fault(
                    "warp %d executes %s with 0x%x, 0x%x and others of its warpgroup with 0x%x, 0x%x"
                            .formatted(w.index, w.name(), a, b, first, second),
                    "the same in all four warps");
        }
    }
}
