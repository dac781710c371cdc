package dev.gradine.cuda.sim;

/// A decoded address operand.
///
/// @param space what kind of memory
/// @param slot of the register it begins with: of a long, or of an int
/// @param isLong which of the two
/// @param offset added to it
record Target(Space space, int slot, boolean isLong, long offset) {

    /// Kinds of memory. A generic address is a global one outside of the windows that the other kinds appear in.
    enum Space {
        GLOBAL(0),
        SHARED(0x1_0000_0000L),
        LOCAL(0x2_0000_0000L),
        CONST(0x3_0000_0000L),
        PARAM(0x4_0000_0000L),
        GENERIC(0);

        /// Bytes of a window.
        static final long WINDOW = 0x1_0000_0000L;

        /// Added to an address of this kind to make it generic.
        final long window;

        Space(long window) {
            this.window = window;
        }

        /// The kind of memory a generic address means.
        static Space of(long generic) {
            return switch ((int) Math.min(generic >>> 32, 16)) {
                case 1 -> SHARED;
                case 2 -> LOCAL;
                case 3 -> CONST;
                case 4 -> PARAM;
                default -> GLOBAL;
            };
        }
    }

    long address(Warp w, int lane) {
        return (isLong ? w.q[slot][lane] : w.r[slot][lane] & 0xffff_ffffL) + offset;
    }
}
