package dev.gradine.cuda.sim;

import java.util.Arrays;

/// What happens before what in a running block.
///
/// Time is a number that grows where threads meet. Of two accesses by different warps the earlier one
/// happens before the later one if its time is known to the later warp: a barrier tells those who wait at
/// it what all who arrived had done and known. Lanes of one warp learn of each other where they meet at
/// `bar.warp.sync`, a shuffle or a vote; that they run in step is not promised (PTX ISA 9.1, "Memory
/// Consistency Model").
///
/// A stamp says who accessed when:
///
/// ```
/// bits 0–9 thread   10–33 time   34–36 flags of the memory   37–62 number of the block since the simulator began
/// ```
final class Order {

    /// Bits of the flags in a stamp, which belong to `ShadowPage`.
    static final int FLAGS = 34;

    private static final int THREAD_BITS = 10;
    private static final int TIME_BITS = 24;
    private static final int BLOCK = 37;
    private static final int BARRIERS = 16;
    private static final int LANES = 32;

    private final int warps;
    private int now;
    private boolean accessed;
    private long block;
    private long first;

    /// `known[v · warps + w]`: what warp w did up to this time happens before what warp v does now.
    private final int[] known;
    /// What any thread did up to this time happens before what any thread does now.
    private int common;
    /// What lanes of the warp did up to this time happens before what they do now.
    private final int[] together;
    /// The same by lane and lane, for warps of which parts have met; empty for others.
    private final int[][] lanes;

    private final int[] arrived = new int[BARRIERS];
    private final int[] arrival;
    private final int[] joined;

    /// @param warps of a block
    Order(int warps) {
        this.warps = warps;
        known = new int[warps * warps];
        together = new int[warps];
        lanes = new int[warps][0];
        arrival = new int[BARRIERS * warps];
        joined = new int[warps];
    }

    /// A block starts.
    ///
    /// @param first number of the first block of the launch, at least 1 and greater than that of any launch before
    /// @param index of the block in the launch
    void start(long first, int index) {
        if (first + index >= 1L << (63 - BLOCK)) {
            throw new IllegalStateException("simulator: block %,d since it began, expected at most %,d"
                    .formatted(first + index, (1L << (63 - BLOCK)) - 1));
        }
        this.first = first << BLOCK;
        block = (first + index) << BLOCK;
        now = 1;
        accessed = false;
        common = 0;
        Arrays.fill(known, 0);
        Arrays.fill(together, 0);
        Arrays.fill(lanes, new int[0]);
        Arrays.fill(arrived, 0);
    }

    /// The stamp of an access by `thread` now.
    long stamp(int thread) {
        accessed = true;
        return block | (long) now << THREAD_BITS | thread;
    }

    /// Whether the stamp is of this launch; all others happened before.
    boolean isRecent(long stamp) {
        return stamp >= first;
    }

    /// Whether the stamp is of this block.
    boolean isOurs(long stamp) {
        return stamp >>> BLOCK == block >>> BLOCK;
    }

    /// Whether everything of our block up to that stamp is known to all.
    boolean isCommon(long stamp) {
        return time(stamp) <= common;
    }

    /// Whether an access of our block happened before what `thread` does now.
    boolean isBefore(long stamp, int thread) {
        int other = thread(stamp);
        int time = time(stamp);
        if (other == thread || time <= common) return true;
        int v = thread / LANES;
        int w = other / LANES;
        if (v != w) return time <= known[v * warps + w];
        if (time <= together[v]) return true;
        return lanes[v].length != 0 && time <= lanes[v][thread % LANES * LANES + other % LANES];
    }

    /// Whether what warp `w` did at the time of the stamp happened before what warp `v` does now. For a
    /// warp and itself: whether that holds of all its lanes, or is not known because only parts of it
    /// have met.
    boolean isBefore(long stamp, int w, int v) {
        int time = time(stamp);
        return v == w ? time <= together[v] || lanes[v].length != 0 : time <= known[v * warps + w];
    }

    /// A warp arrives at a barrier, and waits or not.
    void arrive(int id, int warp) {
        arrived[id] |= 1 << warp;
        arrival[id * warps + warp] = past();
    }

    /// The barrier opens for the warps in `waiting`.
    void open(int id, int waiting) {
        Arrays.fill(joined, 0);
        for (int w = 0; w < warps; w++) if (((arrived[id] >> w) & 1) != 0) join(w, arrival[id * warps + w]);
        for (int v = 0; v < warps; v++) if (((waiting >> v) & 1) != 0) learn(v, arrival[id * warps + v]);
        arrived[id] = 0;
        common = Integer.MAX_VALUE;
        for (int v = 0; v < warps; v++) {
            common = Math.min(common, together[v]);
            for (int w = 0; w < warps; w++) if (v != w) common = Math.min(common, known[v * warps + w]);
        }
    }

    private void join(int w, int time) {
        joined[w] = Math.max(joined[w], time);
        for (int x = 0; x < warps; x++) joined[x] = Math.max(joined[x], known[w * warps + x]);
    }

    private void learn(int v, int time) {
        together[v] = Math.max(together[v], time);
        for (int x = 0; x < warps; x++) known[v * warps + x] = Math.max(known[v * warps + x], joined[x]);
    }

    /// The lanes in `members` of a warp meet.
    ///
    /// @param live lanes of the warp that have not ended
    void meet(int warp, int members, int live) {
        int time = past();
        if ((live & ~members) == 0) {
            together[warp] = time;
            return;
        }
        if (lanes[warp].length == 0) lanes[warp] = new int[LANES * LANES];
        int[] matrix = lanes[warp];
        int[] row = new int[LANES];
        for (int l = 0; l < LANES; l++) {
            if (((members >> l) & 1) == 0) continue;
            for (int x = 0; x < LANES; x++) row[x] = Math.max(row[x], matrix[l * LANES + x]);
            row[l] = time;
        }
        for (int l = 0; l < LANES; l++) {
            if (((members >> l) & 1) != 0) System.arraycopy(row, 0, matrix, l * LANES, LANES);
        }
    }

    /// The time of the last access until now; what follows is later.
    private int past() {
        if (accessed) {
            now++;
            accessed = false;
            if (now >= 1 << TIME_BITS) {
                throw new IllegalStateException(
                        "simulator: threads of one block met %,d times, expected fewer".formatted(now));
            }
        }
        return now - 1;
    }

    /// The thread of a stamp, within its block.
    static int thread(long stamp) {
        return (int) stamp & ((1 << THREAD_BITS) - 1);
    }

    private static int time(long stamp) {
        return (int) (stamp >>> THREAD_BITS) & ((1 << TIME_BITS) - 1);
    }

    /// `thread 5`, or `thread 5 of block 3` for one of another block.
    String name(long stamp) {
        String thread = "thread " + thread(stamp);
        return isOurs(stamp) ? thread : thread + " of block " + ((stamp >>> BLOCK) - (first >>> BLOCK));
    }
}
