package dev.gradine.cuda.sim;

/// `shfl.sync`: which lane each lane of a warp reads from, and whether that lies within its segment.
///
/// ```
/// maxLane = (lane & segmask) | (cval & ~segmask)      cval = c & 31    segmask = c >> 8 & 31
/// up      j = lane − b      valid if j ≥ maxLane
/// down    j = lane + b      valid if j ≤ maxLane
/// bfly    j = lane ^ b      valid if j ≤ maxLane
/// idx     j = (lane & segmask) | (b & ~segmask)      valid if j ≤ maxLane
/// ```
///
/// A lane whose source is not valid keeps its own value. PTX ISA 9.1, "shfl.sync".
enum Shuffle {
    UP,
    DOWN,
    BFLY,
    IDX;

    /// The lane that `lane` reads from, or −1 − `lane` where that lies outside its segment and it keeps its own
    /// value.
    int source(int lane, int b, int c) {
        int segment = (c >> 8) & 31;
        int last = (lane & segment) | (c & ~segment & 31);
        int distance = b & 31;
        int j = switch (this) {
            case UP -> lane - distance;
            case DOWN -> lane + distance;
            case BFLY -> lane ^ distance;
            case IDX -> (lane & segment) | (distance & ~segment);
        };
        boolean valid = this == UP ? j >= last : j <= last;
        return valid ? j : -1 - lane;
    }

    /// Moves `a` between the lanes in `active` to `d`, which may be `a`, and returns the lanes whose source is
    /// valid.
    ///
    /// @param active lanes that execute the instruction
    /// @param members the member mask of each lane
    /// @throws AccessException if a lane is not in its own mask, a lane of a mask does not execute the
    ///     instruction, or a lane reads from one outside the mask
    int move(int active, int[] members, int[] a, int[] b, int[] c, int[] d) {
        int valid = 0;
        int[] result = new int[32];
        for (int lane = 0; lane < 32; lane++) {
            if (((active >> lane) & 1) == 0) continue;
            requireMeeting("shfl.sync", lane, members[lane], active);
            int source = source(lane, b[lane], c[lane]);
            if (source >= 0) {
                valid |= 1 << lane;
                requireSource(lane, source, members[lane]);
            }
            result[lane] = a[source >= 0 ? source : lane];
        }
        for (int lane = 0; lane < 32; lane++) if (((active >> lane) & 1) != 0) d[lane] = result[lane];
        return valid;
    }

    /// Requires that `lane` and all lanes of its mask execute this instruction.
    static void requireMeeting(String instruction, int lane, int members, int active) {
        if (((members >> lane) & 1) == 0) {
            throw new AccessException(lane, instruction + " with mask " + hex(members), "its own lane in it");
        }
        int missing = members & ~active;
        if (missing != 0) {
            String who = instruction + " with mask " + hex(members) + " without lanes " + hex(missing);
            throw new AccessException(lane, who, "all lanes of the mask at it");
        }
    }

    private static void requireSource(int lane, int source, int members) {
        if (((members >> source) & 1) == 0) {
            String what = "shfl.sync with mask %s reads from lane %d".formatted(hex(members), source);
            throw new AccessException(lane, what, "a lane of the mask");
        }
    }

    private static String hex(int mask) {
        return "0x%08x".formatted(mask);
    }
}
