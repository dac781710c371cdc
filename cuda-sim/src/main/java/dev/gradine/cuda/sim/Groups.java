package dev.gradine.cuda.sim;

/// The threads of a warp that are not where the running ones are: groups of lanes by the instruction they
/// are at.
///
/// The group at the lowest instruction runs first, so that lanes meet again where their ways meet. One
/// that has asked in vain whether an mbarrier's phase is complete runs when no such can. A group that
/// waits for other lanes at an instruction (a shuffle, a barrier) is blocked until they come or nobody
/// else can run.
final class Groups {

    static final int NONE = Integer.MAX_VALUE;

    /// How much a group wants to run.
    enum Mood {
        READY,
        ASKING,
        BLOCKED
    }

    private final int[] at = new int[Warp.LANES];
    private final int[] mask = new int[Warp.LANES];
    private final Mood[] moods = new Mood[Warp.LANES];
    private int count;

    /// Lowest instruction of a group that is ready, `NONE` if there is none.
    int next = NONE;

    void clear() {
        count = 0;
        next = NONE;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// Adds lanes, to the group that is at the same instruction if there is one.
    void add(int pc, int lanes, Mood mood) {
        int i = 0;
        while (i < count && (at[i] != pc || moods[i] != mood)) i++;
        if (i == count) {
            mask[count++] = 0;
            at[i] = pc;
            moods[i] = mood;
        }
        mask[i] |= lanes;
        if (mood == Mood.READY) next = Math.min(next, pc);
    }

    /// Takes all lanes at `pc`, blocked or not; 0 if there are none.
    int take(int pc) {
        int lanes = 0;
        for (int i = count - 1; i >= 0; i--) {
            if (at[i] != pc) continue;
            lanes |= mask[i];
            count--;
            at[i] = at[count];
            mask[i] = mask[count];
            moods[i] = moods[count];
        }
        next = NONE;
        for (int i = 0; i < count; i++) if (moods[i] == Mood.READY) next = Math.min(next, at[i]);
        return lanes;
    }

    /// Whether some group has asked in vain.
    boolean isAsking() {
        return asking(-1) != NONE;
    }

    /// The instruction of the group to run when none is ready: those that have asked in turn, else the
    /// lowest of any.
    ///
    /// @param pc instruction of the lanes that ran last
    int other(int pc) {
        int asking = asking(pc);
        if (asking == NONE) asking = asking(-1);
        if (asking != NONE) return asking;
        int lowest = NONE;
        for (int i = 0; i < count; i++) lowest = Math.min(lowest, at[i]);
        return lowest;
    }

    private int asking(int after) {
        int lowest = NONE;
        for (int i = 0; i < count; i++) {
            if (moods[i] == Mood.ASKING && at[i] > after) lowest = Math.min(lowest, at[i]);
        }
        return lowest;
    }

    /// All lanes in groups.
    int all() {
        int all = 0;
        for (int i = 0; i < count; i++) all |= mask[i];
        return all;
    }
}
