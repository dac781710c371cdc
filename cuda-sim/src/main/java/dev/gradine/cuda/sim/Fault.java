package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.Place;
import dev.gradine.gpu.Kernel;

/// A kernel did what no kernel may do, or what has no defined result.
public final class Fault extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /// Who did it.
    ///
    /// @param kernel the kernel
    /// @param place the instruction
    /// @param block coordinates, such as `(3, 0, 0)`
    /// @param thread within the block, or -1 where it is not one thread
    public record Where(Kernel kernel, Place place, String block, int thread) {

        @Override
        public String toString() {
            String who = thread < 0 ? "" : ", thread " + thread;
            return "%s: %s, block %s%s".formatted(kernel, place, block, who);
        }
    }

    /// No address has to do with it.
    public static final long NO_ADDRESS = -1;

    private final transient Where where;
    private final long address;
    private final String happened;
    private final String expected;

    /// @param where who did it
    /// @param address simulated address, or `NO_ADDRESS`
    /// @param happened what the thread did
    /// @param expected what it should have done
    public Fault(Where where, long address, String happened, String expected) {
        super("%s: %s, expected %s".formatted(where, happened, expected));
        this.where = where;
        this.address = address;
        this.happened = happened;
        this.expected = expected;
    }

    /// Who did it.
    public Where where() {
        return where;
    }

    /// The address, or `NO_ADDRESS`.
    public long address() {
        return address;
    }

    /// What the thread did.
    public String happened() {
        return happened;
    }

    /// What was expected of it.
    public String expected() {
        return expected;
    }
}
