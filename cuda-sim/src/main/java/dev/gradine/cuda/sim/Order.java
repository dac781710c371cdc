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
/// Beside the threads there are engines, which access memory on their own (see `Engine`). What they did
/// is known to those who have waited for them, and to whom these tell it. Single lanes, too, may know
/// more than their warp, until it meets. So what somebody knows is a clock: a time for each
///
/// ```
/// warp   engine   thread          what they did up to this time happens before
/// ```
///
/// A stamp says who accessed when:
///
/// ```
/// bits 0–10 thread or engine   11–33 time   34–36 flags of the memory   37–62 number of the block since the
/// simulator began
/// ```
final class Order {

    /// Bits of the flags in a stamp, which belong to `ShadowPage`.
    static final int FLAGS = 34;

    private static final int THREAD_BITS = 11;
    private static final int TIME_BITS = 23;
    private static final int BLOCK = 37;
    /// The named ones and that of the cluster.
    private static final int BARRIERS = 17;
    private static final int LANES = 32;
    private static final int[] NOTHING = {};

    private final int warps;
    private int now;
    private boolean accessed;
    private long block;
    private long first;

    /// By warp, its clock. As long as there are no engines, a time for each warp.
    private final int[][] known;
    /// By thread, what it knows and its warp may not; empty for most.
    private final int[][] alone;
    /// Whether some threads of the warp know more than it.
    private final boolean[] isDivided;
    /// By thread, when it told the engines what it had written.
    private final Fences fences;

    private boolean hasEngines;
    /// What any thread did up to this time happens before what any thread does now.
    private int common;
    /// What lanes of the warp did up to this time happens before what they do now.
    private final int[] together;
    /// The same by lane and lane, for warps of which parts have met; empty for others.
    private final int[][] lanes;

    private final int[] arrived = new int[BARRIERS];
    private final int[] arrival;
    private int[] joined;

    /// @param warps of a block
    Order(int warps) {
        this.warps = warps;
        known = new int[warps][warps];
        alone = new int[warps * LANES][0];
        isDivided = new boolean[warps];
        fences = new Fences(warps * LANES);
        together = new int[warps];
        lanes = new int[warps][0];
        arrival = new int[BARRIERS * warps];
        joined = new int[warps];
    }

    /// There are engines from now on.
    void engage() {
        if (hasEngines) return;
        hasEngines = true;
        int size = warps + Engine.COUNT + warps * LANES;
        if (known[0].length == size) return;
        Arrays.setAll(known, w -> Arrays.copyOf(known[w], size));
        joined = new int[size];
    }

    /// A block starts.
    ///
    /// @param first number of the first block of the launch, at least 1 and greater than that of any
    ///     launch before
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
        for (int[] row : known) Arrays.fill(row, 0);
        if (hasEngines) {
            Arrays.fill(alone, NOTHING);
            Arrays.fill(isDivided, false);
            fences.clear();
            hasEngines = false;
        }
        Arrays.fill(together, 0);
        Arrays.fill(lanes, new int[0]);
        Arrays.fill(arrived, 0);
    }

    /// The stamp of an access by `thread` now.
    long stamp(int thread) {
        accessed = true;
        return block | (long) now << THREAD_BITS | thread;
    }

    /// The time of an access by an engine now.
    int now(int engine) {
        engage();
        return time(stamp(engine));
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
        if (other == thread || (time <= common && !Engine.is(other))) return true;
        int v = thread / LANES;
        int w = other / LANES;
        if (Engine.is(other)) return knows(thread, engine(other), time);
        if (v != w && time <= known[v][w]) return true;
        if (v == w && isBeforeLane(time, thread, other)) return true;
        return hasEngines && (knows(thread, thread(w, other % LANES), time) || time <= alone(thread, w));
    }

    private boolean isBeforeLane(int time, int thread, int other) {
        int v = thread / LANES;
        if (time <= together[v]) return true;
        return lanes[v].length != 0 && time <= lanes[v][thread % LANES * LANES + other % LANES];
    }

    /// Whether what warp `w` did at the time of the stamp happened before what `thread` does now. For a
    /// warp and its own thread: whether that holds of all its lanes, or is not known because only parts
    /// of it have met.
    boolean isBefore(long stamp, int w, int thread) {
        int time = time(stamp);
        int v = thread / LANES;
        if (v == w) return time <= together[v] || lanes[v].length != 0;
        return time <= known[v][w] || time <= alone(thread, w);
    }

    /// Whether what an engine did up to `time` happened before what `thread` does now.
    boolean isBefore(int engine, int time, int thread) {
        return knows(thread, engine(engine), time);
    }

    private boolean knows(int thread, int index, int time) {
        return time <= known[thread / LANES][index] || time <= alone(thread, index);
    }

    private int alone(int thread, int index) {
        return alone[thread].length == 0 ? 0 : alone[thread][index];
    }

    private int engine(int engine) {
        return warps + Engine.index(engine);
    }

    private int thread(int warp, int lane) {
        return warps + Engine.COUNT + warp * LANES + lane;
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
            for (int w = 0; w < warps; w++) if (v != w) common = Math.min(common, known[v][w]);
        }
    }

    private void join(int w, int time) {
        unite(w);
        joined[w] = Math.max(joined[w], time);
        join(joined, known[w]);
    }

    private void learn(int v, int time) {
        together[v] = Math.max(together[v], time);
        join(known[v], joined);
    }

    private static void join(int[] clock, int[] other) {
        for (int x = 0; x < other.length; x++) clock[x] = Math.max(clock[x], other[x]);
    }

    /// What single lanes know, their warp knows.
    private void unite(int w) {
        if (!isDivided[w]) return;
        for (int thread = w * LANES; thread < (w + 1) * LANES; thread++) {
            join(known[w], alone[thread]);
            alone[thread] = NOTHING;
        }
        isDivided[w] = false;
    }

    /// A clock in which nothing has happened.
    int[] clock() {
        engage();
        return new int[known[0].length];
    }

    /// Adds to `clock` what the lanes in `mask` did until now, and what they know.
    ///
    /// @param live lanes of the warp that have not ended
    void release(int warp, int mask, int live, int[] clock) {
        int time = past();
        boolean isWhole = (live & ~mask) == 0;
        clock[warp] = Math.max(clock[warp], isWhole ? time : together[warp]);
        join(clock, known[warp]);
        if (isWhole && !isDivided[warp]) return;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            join(clock, alone[warp * LANES + lane]);
            if (isWhole) continue;
            for (int x = 0; x < LANES && lanes[warp].length != 0; x++) {
                clock[thread(warp, x)] = Math.max(clock[thread(warp, x)], lanes[warp][lane * LANES + x]);
            }
            clock[thread(warp, lane)] = time;
        }
    }

    /// The lanes in `mask` learn what is in `clock`.
    void acquire(int warp, int mask, int live, int[] clock) {
        if ((live & ~mask) == 0) {
            join(known[warp], clock);
            together[warp] = Math.max(together[warp], clock[warp]);
            return;
        }
        for (int m = mask; m != 0; m &= m - 1) {
            int thread = warp * LANES + Integer.numberOfTrailingZeros(m);
            if (alone[thread].length == 0) alone[thread] = new int[known[0].length];
            join(alone[thread], clock);
        }
        isDivided[warp] = true;
    }

    /// The lanes in `mask` have waited for what an engine did up to `time`.
    void await(int warp, int mask, int live, int engine, int time) {
        int[] clock = clock();
        clock[engine(engine)] = time;
        acquire(warp, mask, live, clock);
    }

    /// Adds to `clock` what an engine did until now.
    void release(int engine, int[] clock) {
        clock[engine(engine)] = past();
    }

    /// The lanes in `mask` tell the engines what they have written.
    void fence(int warp, int mask) {
        engage();
        past();
        int time = now;
        accessed = true;
        past();
        for (int m = mask; m != 0; m &= m - 1) fences.add(warp * LANES + Integer.numberOfTrailingZeros(m), time);
    }

    /// Whether whoever wrote at the stamp, a thread of ours, has told the engines before what `thread`
    /// does now.
    boolean isFenced(long stamp, int thread) {
        int writer = thread(stamp);
        int fence = fences.next(writer, time(stamp));
        return fence != Fences.NONE && isBefore((long) fence << THREAD_BITS | writer, thread);
    }

    /// The lanes in `members` of a warp meet.
    ///
    /// @param live lanes of the warp that have not ended
    void meet(int warp, int members, int live) {
        int time = past();
        if ((live & ~members) == 0) {
            together[warp] = time;
            unite(warp);
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
        if (isDivided[warp]) uniteLanes(warp, members);
    }

    private void uniteLanes(int warp, int members) {
        int[] all = clock();
        for (int m = members; m != 0; m &= m - 1) join(all, alone[warp * LANES + Integer.numberOfTrailingZeros(m)]);
        acquire(warp, members, -1, all);
    }

    /// The time of the last access until now; what follows is later.
    int past() {
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

    /// The thread of a stamp, within its block, or the engine.
    static int thread(long stamp) {
        return (int) stamp & ((1 << THREAD_BITS) - 1);
    }

    private static int time(long stamp) {
        return (int) (stamp >>> THREAD_BITS) & ((1 << TIME_BITS) - 1);
    }

    /// `thread 5`, or `thread 5 of block 3` for one of another block.
    String name(long stamp) {
        int who = thread(stamp);
        String thread = Engine.is(who) ? Engine.name(who) : "thread " + who;
        return isOurs(stamp) ? thread : thread + " of block " + ((stamp >>> BLOCK) - (first >>> BLOCK));
    }
}
