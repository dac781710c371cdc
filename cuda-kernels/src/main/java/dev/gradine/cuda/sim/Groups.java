package dev.gradine.cuda.sim;

/// The threads of a warp that are not where the running ones are: groups of lanes by the instruction they are at.
///
/// The group at the lowest instruction runs first, so that lanes meet again where their ways meet. A
/// group that waits for other lanes at an instruction (a shuffle, a barrier) is blocked until they come
/// or nobody else can run.
final class Groups {

    static final int NONE = Integer.MAX_VALUE;

    private final int[] at = new int[Warp.LANES];
    private final int[] mask = new int[Warp.LANES];
    private final boolean[] blocked = new boolean[Warp.LANES];
    private int count;

    /// Lowest instruction of a group that is not blocked, `NONE` if there is none.
    int next = NONE;

    void clear() {
        count = 0;
        next = NONE;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// Adds lanes, to the group that is at the same instruction if there is one.
    void add(int pc, int lanes, boolean isBlocked) {
        int i = 0;
        while (i < count && (at[i] != pc || blocked[i] != isBlocked)) i++;
        if (i == count) {
            mask[count++] = 0;
            at[i] = pc;
            blocked[i] = isBlocked;
        }
        mask[i] |= lanes;
        if (!isBlocked) next = Math.min(next, pc);
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
            blocked[i] = blocked[count];
        }
        next = NONE;
        for (int i = 0; i < count; i++) if (!blocked[i]) next = Math.min(next, at[i]);
        return lanes;
    }

    /// Lowest instruction of any group.
    int lowest() {
        int lowest = NONE;
        for (int i = 0; i < count; i++) lowest = Math.min(lowest, at[i]);
        return lowest;
    }

    /// All lanes in groups.
    int all() {
        int all = 0;
        for (int i = 0; i < count; i++) all |= mask[i];
        return all;
    }
}
