package dev.gradine.cuda.sim;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/// The registers of a warp that `wgmma` reads and writes while the warp goes on.
///
/// From `wgmma.mma_async` until a `wgmma.wait_group` that covers it nobody else may touch its
/// accumulators and its part of A. Before it, what others did with these registers has to be ended by
/// `wgmma.fence`. An accumulator may belong to several that are under way if they have the same shape.
/// PTX ISA 9.1, "wgmma.fence" and "wgmma.wait_group".
final class WgmmaRegisters {

    private static final int A = -1;

    /// One instruction under way.
    ///
    /// @param group number of the group it belongs to
    /// @param line in the PTX text
    /// @param time of what it read
    @SuppressWarnings("ArrayRecordComponent") // slots of the instruction, never compared
    private record Started(int group, int line, int[] d, int[] a, int time) {}

    private final int[] busy;
    /// N of the instruction that writes a register, `A` where one reads it.
    private final int[] role;

    private final int[] lines;
    /// Fences before the last use by others, plus one.
    private final int[] touched;
    private final Deque<Started> queue = new ArrayDeque<>();
    private int fences;
    private int groups;

    WgmmaRegisters(int registers) {
        busy = new int[registers];
        role = new int[registers];
        lines = new int[registers];
        touched = new int[registers];
    }

    void reset() {
        if (fences == 0 && queue.isEmpty()) return;
        Arrays.fill(busy, 0);
        Arrays.fill(touched, 0);
        queue.clear();
        fences = groups = 0;
    }

    /// Another instruction uses these registers.
    void touch(Warp w, int[] slots) {
        for (int slot : slots) {
            if (busy[slot] != 0) {
                throw w.fault(
                        "%s uses %s of the wgmma in PTX line %d that is under way"
                                .formatted(w.name(), role[slot] == A ? "a part of A" : "an accumulator", lines[slot]),
                        "wgmma.wait_group before it");
            }
            touched[slot] = fences + 1;
        }
    }

    /// `wgmma.fence`.
    void fence() {
        fences++;
    }

    /// An instruction begins that writes the registers `d` and reads `a`.
    ///
    /// @param n columns of its accumulator
    /// @param time of what it read from shared memory
    void start(Warp w, int n, int[] d, int[] a, int time) {
        if (fences == 0) throw w.fault("wgmma.mma_async without any wgmma.fence", "wgmma.fence before the first");
        int line = w.program.instruction(w.at).place().ptxLine();
        for (int slot : d) use(w, slot, n, line);
        for (int slot : a) use(w, slot, A, line);
        queue.add(new Started(groups, line, d, a, time));
    }

    private void use(Warp w, int slot, int as, int line) {
        if (touched[slot] == fences + 1) {
            throw w.fault(
                    "wgmma.mma_async uses a register that another instruction has used since the last wgmma.fence",
                    "wgmma.fence between the two");
        }
        if (busy[slot] != 0 && role[slot] != as) {
            throw w.fault(
                    "wgmma.mma_async uses a register of the wgmma in PTX line %d, which is under way, in another way"
                            .formatted(lines[slot]),
                    "wgmma.wait_group between the two");
        }
        busy[slot]++;
        role[slot] = as;
        lines[slot] = line;
    }

    /// `wgmma.commit_group`.
    void commit() {
        groups++;
    }

    /// `wgmma.wait_group n`: at most the `n` youngest groups stay under way.
    ///
    /// @return the time of the last one that is complete, 0 for none
    int await(int n) {
        int time = 0;
        while (!queue.isEmpty() && queue.getFirst().group() < groups - n) {
            Started s = queue.removeFirst();
            for (int slot : s.d()) busy[slot]--;
            for (int slot : s.a()) busy[slot]--;
            time = s.time();
        }
        return time;
    }

    /// Threads of the warp end.
    void ended(Warp w) {
        if (queue.isEmpty()) return;
        throw w.fault(
                "ends while the wgmma in PTX line %d is under way"
                        .formatted(queue.getFirst().line()),
                "wgmma.wait_group before it");
    }
}
