package dev.gradine.cuda.sim.ptx;

/// A declared piece of memory, of a module or of an entry.
public final class Variable {

    /// Where a variable lies.
    public enum Space {
        GLOBAL,
        CONST,
        SHARED,
        LOCAL
    }

    private final String name;
    private final Space space;
    private final int align;
    private final int bytes;
    private final byte[] initial;

    Variable(String name, Space space, int align, int bytes, byte[] initial) {
        this.name = name;
        this.space = space;
        this.align = align;
        this.bytes = bytes;
        this.initial = initial;
    }

    /// As in the text.
    public String name() {
        return name;
    }

    /// Where it lies.
    public Space space() {
        return space;
    }

    /// Alignment in bytes, a power of two.
    public int align() {
        return align;
    }

    /// Size in bytes; 0 for dynamic shared memory, whose size the launch says.
    public int bytes() {
        return bytes;
    }

    /// The first bytes of its content; the others are zero, or unknown where there are none at all in shared and local
    /// memory.
    public byte[] initial() {
        return initial.clone();
    }

    @Override
    public String toString() {
        return space + " " + name + "[" + bytes + "]";
    }
}
